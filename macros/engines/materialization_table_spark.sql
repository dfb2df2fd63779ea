{# Makes every table whole, in the schema of the build (see `build_schema`). #}
{% materialization table, adapter='spark' %}
    {{ return(make_in_build_schema('table', 'create table', 'using parquet')) }}
{% endmaterialization %}
