{# Stops the build before any model runs if DuckDB cannot read an input as it is, or if a header
   lacks a column of `seeds/_seeds.yml`. #}
{% macro assert_inputs() -%}
    {%- if execute and flags.WHICH in ['build', 'seed'] -%}
        {{ adapter.dispatch('assert_inputs')() }}
    {%- endif -%}
{%- endmacro %}

{# On Spark each seed checks its own files, because only a successful build is published. #}
{% macro spark__assert_inputs() -%}
{%- endmacro %}

{% macro duckdb__assert_inputs() -%}
    {%- for node in graph.nodes.values()
        if node.resource_type == 'seed' and node.unique_id in selected_resources -%}
        {%- do assert_input(node) -%}
    {%- endfor -%}
{%- endmacro %}
