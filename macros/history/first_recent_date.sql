{# The first day of the period `recent`, see `quality_period`. #}
{% macro first_recent_date(d1_column) -%}
    cast({{ d1_column }} - interval '{{ var('roas_history_window_days') }}' day as date)
{%- endmacro %}
