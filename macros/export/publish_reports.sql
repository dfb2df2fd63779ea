{# Shows readers what this build has made: its reports take the place of those before, all of them,
   one right after the other; where anything failed, none of them. Meant for `on-run-end`. #}
{% macro publish_reports() -%}
    {%- if execute -%}
        {{ adapter.dispatch('publish_reports')() }}
    {%- endif -%}
{%- endmacro %}

{# A function of `warehouse/inputs/functions.py`. #}
{% macro duckdb__publish_reports() -%}
    {%- if flags.WHICH == 'build' -%}
    select publish_reports({{ sql_string(report_path('')) }}, {{ nothing_failed() }})
    {%- endif -%}
{%- endmacro %}

{# Reports are views like all that a build makes. #}
{% macro spark__publish_reports() -%}
    {%- if flags.WHICH in ['build', 'run', 'seed'] and nothing_failed() -%}
        {%- do publish_relations() -%}
    {%- endif -%}
{%- endmacro %}
