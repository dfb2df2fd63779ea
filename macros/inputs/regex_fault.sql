{# The engine's error for a regular expression; blank if the expression is valid. #}
{% macro regex_fault(pattern) -%}
    {{ return(adapter.dispatch('regex_fault')(pattern)) }}
{%- endmacro %}

{# Calls a function of `warehouse/inputs/functions.py`. #}
{% macro duckdb__regex_fault(pattern) -%}
    {{ return(run_query('select regex_fault(' ~ sql_string(pattern) ~ ')').columns[0][0]) }}
{%- endmacro %}

{# On Spark, the model that uses the expression fails with Spark's error. #}
{% macro spark__regex_fault(pattern) -%}
    {{ return('') }}
{%- endmacro %}
