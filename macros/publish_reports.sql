{# Puts the reports that this build wrote in the place of those before, all of them, one right after
   the other; where anything failed, none of them. Meant for `on-run-end`. #}
{% macro publish_reports() -%}
    {%- if execute and flags.WHICH == 'build' -%}
        {{ adapter.dispatch('publish_reports')() }}
    {%- endif -%}
{%- endmacro %}

{# A function of `warehouse/functions.py`. #}
{% macro duckdb__publish_reports() -%}
    {%- set failed = [] -%}
    {%- for result in results if result.status in ['error', 'fail', 'runtime error'] -%}
        {%- do failed.append(result.node.name) -%}
    {%- endfor -%}
    select publish_reports({{ sql_string(report_path('')) }}, {{ failed | length == 0 }})
{%- endmacro %}
