{# Makes every view whole, in the schema of the build (see `build_schema`). #}
{% materialization view, adapter='spark' %}
    {{ return(make_in_build_schema('view', 'create view', '')) }}
{% endmaterialization %}
