{# The largest distance of a pair that any window or shift of the sweep can match, in minutes. #}
{% macro sweep_reach_minutes() -%}
    {{ return([
        sweep_windows() | last, 14 * 60 + var('reconciliation_window_minutes') | int
    ] | max) }}
{%- endmacro %}
