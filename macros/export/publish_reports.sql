{# Publishes the reports of this build: all of them replace the earlier ones, one right after the
   other. If anything failed, none does. Runs in `on-run-end`. #}
{% macro publish_reports() -%}
    {%- if execute -%}
        {{ adapter.dispatch('publish_reports')() }}
    {%- endif -%}
{%- endmacro %}

{# Calls a function of `warehouse/inputs/functions.py`. #}
{% macro duckdb__publish_reports() -%}
    {%- if writes_reports() -%}
        {%- if nothing_failed() and var('parquet_marts') -%}
            {%- do export_parquet() -%}
        {%- endif -%}
    select publish_reports({{ sql_string(report_path('')) }}, {{ nothing_failed() }})
    {%- elif is_retry() -%}
        {%- do log(
            'The reports are unchanged: `dbt retry` runs only a part of the build. Run `dbt build`'
            ~ ' to write them.',
            info=true
        ) -%}
    {%- endif -%}
{%- endmacro %}

{# On Spark the reports are views, published with all other relations. #}
{% macro spark__publish_reports() -%}
    {%- if flags.WHICH in ['build', 'run', 'seed'] and nothing_failed() -%}
        {%- do publish_relations() -%}
    {%- endif -%}
{%- endmacro %}
