{# Signed seconds from one timestamp to another, exact to the microsecond. #}
{% macro seconds_between(start, end) -%}
    cast({{ adapter.dispatch('microseconds_between')(start, end) }} * 0.000001 as decimal(18, 6))
{%- endmacro %}
