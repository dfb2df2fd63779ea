{# The slot of a time. Slots are four times as wide as the reconciliation window. All times within
   the window of a time are in the slots that `explode_time_slots` returns: two at most, usually
   one. A join by player and slot does not compare all rows of a player with very many rows (a bot).

   The slot is an integer. #}
{% macro time_slot(timestamp_column) -%}
    {{ adapter.dispatch('time_slot')(timestamp_column) }}
{%- endmacro %}

{% macro duckdb__time_slot(timestamp_column) -%}
    epoch_us({{ timestamp_column }}) // {{ time_slot_us() }}
{%- endmacro %}

{% macro spark__time_slot(timestamp_column) -%}
    unix_micros({{ timestamp_column }}) div {{ time_slot_us() }}
{%- endmacro %}
