{# Slots of time, four times as wide as the reconciliation window. What lies within the window of a
   moment is in one of the slots that `explode_time_slots` gives for it: two at most, mostly one.
   Joined by player and slot, a player with very many rows (a bot) does not meet all of them for
   each.

   The slot that a moment is in. #}
{% macro time_slot(timestamp_column) -%}
    {{ adapter.dispatch('time_slot')(timestamp_column) }}
{%- endmacro %}

{% macro duckdb__time_slot(timestamp_column) -%}
    epoch_us({{ timestamp_column }}) // {{ time_slot_us() }}
{%- endmacro %}

{% macro spark__time_slot(timestamp_column) -%}
    unix_micros({{ timestamp_column }}) div {{ time_slot_us() }}
{%- endmacro %}
