{# The largest distance of a purchase and its confirmation, as an interval. #}
{% macro reconciliation_window() -%}
    interval '{{ var('reconciliation_window_minutes') }}' minute
{%- endmacro %}
