{# The largest distance of a purchase and its confirmation, as an interval. #}
{% macro reconciliation_window(minutes=var('reconciliation_window_minutes')) -%}
    interval '{{ minutes }}' minute
{%- endmacro %}
