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

{% macro time_slot_us() -%}
    {{ return([var('reconciliation_window_minutes') | int, 1] | max * 4 * 60000000) }}
{%- endmacro %}

{# The slots that what lies within the window of a moment may be in, each in a row of its own. #}
{% macro explode_time_slots(timestamp_column) -%}
    {{ adapter.dispatch('explode_time_slots')(
        time_slot(timestamp_column ~ ' - ' ~ reconciliation_window()),
        time_slot(timestamp_column ~ ' + ' ~ reconciliation_window())
    ) }}
{%- endmacro %}

{% macro duckdb__explode_time_slots(first, last) -%}
    unnest(generate_series({{ first }}, {{ last }}))
{%- endmacro %}

{% macro spark__explode_time_slots(first, last) -%}
    explode(sequence({{ first }}, {{ last }}))
{%- endmacro %}
