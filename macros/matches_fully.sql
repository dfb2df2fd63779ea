{# True where the whole text matches the regular expression, case included. #}
{% macro matches_fully(column, pattern) -%}
    {{ adapter.dispatch('matches_fully')(column, pattern) }}
{%- endmacro %}

{% macro duckdb__matches_fully(column, pattern) -%}
    regexp_full_match({{ column }}, {{ sql_string(pattern) }})
{%- endmacro %}
