{# Shows readers what this build has made: its reports take the place of those before, all of them,
   one right after the other; where anything failed, none of them. Meant for `on-run-end`. #}
{% macro publish_reports() -%}
    {%- if execute -%}
        {{ adapter.dispatch('publish_reports')() }}
    {%- endif -%}
{%- endmacro %}

{# A function of `warehouse/inputs/functions.py`. #}
{% macro duckdb__publish_reports() -%}
    {%- if writes_reports() -%}
        {%- if nothing_failed() and var('parquet_marts') -%}
            {%- do export_parquet() -%}
        {%- endif -%}
    select publish_reports({{ sql_string(report_path('')) }}, {{ nothing_failed() }})
    {%- elif is_retry() -%}
        {%- do log(
            'The reports are as they were: `dbt retry` knows but a part of them. Run `dbt build`.',
            info=true
        ) -%}
    {%- endif -%}
{%- endmacro %}

{# Reports are views like all that a build makes. #}
{% macro spark__publish_reports() -%}
    {%- if flags.WHICH in ['build', 'run', 'seed'] and nothing_failed() -%}
        {%- do publish_relations() -%}
    {%- endif -%}
{%- endmacro %}

{# True where no part of this run has failed. #}
{% macro nothing_failed() -%}
    {%- set failed = results
        | selectattr('status', 'in', ['error', 'fail', 'runtime error']) | list -%}
    {{ return(failed | length == 0) }}
{%- endmacro %}
