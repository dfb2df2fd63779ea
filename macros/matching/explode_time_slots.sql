{# The slots of all times within the window of a time, one row each. #}
{% macro explode_time_slots(timestamp_column, minutes=var('reconciliation_window_minutes')) -%}
    {{ adapter.dispatch('explode_time_slots')(
        time_slot(timestamp_column ~ ' - ' ~ reconciliation_window(minutes), minutes),
        time_slot(timestamp_column ~ ' + ' ~ reconciliation_window(minutes), minutes)
    ) }}
{%- endmacro %}

{% macro duckdb__explode_time_slots(first, last) -%}
    unnest(generate_series({{ first }}, {{ last }}))
{%- endmacro %}

{% macro spark__explode_time_slots(first, last) -%}
    explode(sequence({{ first }}, {{ last }}))
{%- endmacro %}
