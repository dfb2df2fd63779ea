{# Slots of time as wide as the reconciliation window, so that what lies within the window of a
   moment is in its slot or in one beside it. Joined by player and slot, a player with very many
   rows (a bot) does not meet all of them for each.

   The slot that a moment is in. #}
{% macro time_slot(timestamp_column) -%}
    {{ adapter.dispatch('time_slot')(timestamp_column) }}
{%- endmacro %}

{% macro duckdb__time_slot(timestamp_column) -%}
    epoch_us({{ timestamp_column }})
    // ({{ [var('reconciliation_window_minutes') | int, 1] | max }} * 60000000)
{%- endmacro %}

{% macro spark__time_slot(timestamp_column) -%}
    unix_micros({{ timestamp_column }})
    div ({{ [var('reconciliation_window_minutes') | int, 1] | max }} * 60000000)
{%- endmacro %}

{# The slot that a moment is in and the two beside it, each in a row of its own. #}
{% macro explode_time_slots(timestamp_column) -%}
    {{ adapter.dispatch('explode_time_slots')(timestamp_column) }}
{%- endmacro %}

{% macro duckdb__explode_time_slots(timestamp_column) -%}
    {{ time_slot(timestamp_column) }} + unnest([-1, 0, 1])
{%- endmacro %}

{% macro spark__explode_time_slots(timestamp_column) -%}
    {%- set slot = time_slot(timestamp_column) -%}
    explode(array({{ slot }} - 1, {{ slot }}, {{ slot }} + 1))
{%- endmacro %}
