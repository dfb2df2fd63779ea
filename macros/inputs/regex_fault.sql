{# What the engine says against a regular expression; blank where it takes it. #}
{% macro regex_fault(pattern) -%}
    {{ return(adapter.dispatch('regex_fault')(pattern)) }}
{%- endmacro %}

{# A function of `warehouse/inputs/functions.py`. #}
{% macro duckdb__regex_fault(pattern) -%}
    {{ return(run_query('select regex_fault(' ~ sql_string(pattern) ~ ')').columns[0][0]) }}
{%- endmacro %}

{# The model that uses it fails with Spark's own words. #}
{% macro spark__regex_fault(pattern) -%}
    {{ return('') }}
{%- endmacro %}
