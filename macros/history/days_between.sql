{# Signed whole days from one date to another. #}
{% macro days_between(start, end) -%}
    {{ adapter.dispatch('days_between')(start, end) }}
{%- endmacro %}

{% macro duckdb__days_between(start, end) -%}
    date_diff('day', {{ start }}, {{ end }})
{%- endmacro %}

{% macro spark__days_between(start, end) -%}
    datediff({{ end }}, {{ start }})
{%- endmacro %}
