{# How far a purchase and its confirmation may lie apart, as an interval. #}
{% macro reconciliation_window() -%}
    interval '{{ var('reconciliation_window_minutes') }}' minute
{%- endmacro %}
