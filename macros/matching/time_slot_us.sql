{# The width of a slot of time in microseconds, see `time_slot`. #}
{% macro time_slot_us(minutes) -%}
    {{ return([minutes | int, 1] | max * 4 * 60000000) }}
{%- endmacro %}
