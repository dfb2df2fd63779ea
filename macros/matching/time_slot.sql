{# The slot of a time. Slots are four times as wide as the reconciliation window. All times within
   the window of a time are in the slots that `explode_time_slots` returns: two at most, usually
   one. A join by player and slot does not compare all rows of a player with very many rows (a bot).

   The slot is an integer. #}
{% macro time_slot(timestamp_column, minutes=var('reconciliation_window_minutes')) -%}
    {{ adapter.dispatch('time_slot')(timestamp_column, time_slot_us(minutes)) }}
{%- endmacro %}

{% macro duckdb__time_slot(timestamp_column, slot_us) -%}
    epoch_us({{ timestamp_column }}) // {{ slot_us }}
{%- endmacro %}

{% macro spark__time_slot(timestamp_column, slot_us) -%}
    unix_micros({{ timestamp_column }}) div {{ slot_us }}
{%- endmacro %}
