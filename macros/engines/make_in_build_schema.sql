{# On Spark: makes a table or a view in the schema of the build, see `build_schema`. #}
{% macro make_in_build_schema(type, create, storage) -%}
    {%- set target_relation = build_relation(this.incorporate(type=type)) -%}

    {{ run_hooks(pre_hooks) }}

    {% call statement('main') -%}
        {{ create }} {{ target_relation }} {{ storage }} as
        {{ as_contracted(compiled_code) }}
    {%- endcall %}

    {{ run_hooks(post_hooks) }}

    {{ return({'relations': [target_relation]}) }}
{%- endmacro %}
