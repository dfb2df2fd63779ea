{# Removes what a build that was killed has written and not published. Meant for `on-run-start`. #}
{% macro discard_reports() -%}
    {%- if execute and writes_reports() -%}
        {{ adapter.dispatch('discard_reports')() }}
    {%- endif -%}
{%- endmacro %}

{# A function of `warehouse/inputs/functions.py`. #}
{% macro duckdb__discard_reports() -%}
    select publish_reports({{ sql_string(report_path('')) }}, false)
{%- endmacro %}

{# What a build has not published, nobody sees. #}
{% macro spark__discard_reports() -%}
{%- endmacro %}
