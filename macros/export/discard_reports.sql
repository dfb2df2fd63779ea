{# Removes files that a killed build wrote and did not publish. Runs in `on-run-start`. #}
{% macro discard_reports() -%}
    {%- if execute and writes_reports() -%}
        {{ adapter.dispatch('discard_reports')() }}
    {%- endif -%}
{%- endmacro %}

{# Calls a function of `warehouse/inputs/functions.py`. #}
{% macro duckdb__discard_reports() -%}
    select publish_reports({{ sql_string(report_path('')) }}, false)
{%- endmacro %}

{# Readers see only published builds, so there is nothing to remove. #}
{% macro spark__discard_reports() -%}
{%- endmacro %}
