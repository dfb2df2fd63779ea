{# The windows that `fct_reconciliation_sweep` tries, in minutes, ascending; the configured one is
   among them. #}
{% macro sweep_windows() -%}
    {%- set windows = [1, 2, 5, 10, 15, 30, 60, 120, 1440] -%}
    {{ return((windows + [var('reconciliation_window_minutes') | int]) | unique | sort) }}
{%- endmacro %}
