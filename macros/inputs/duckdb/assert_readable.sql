{# Stops the build if a file of a source is no valid CSV or Parquet. #}
{% macro assert_readable(source, file) -%}
    {%- set path = sql_string(file) -%}
    {%- set fault = run_query(
        'select csv_fault(' ~ path ~ ', ' ~ sql_string(source.delimiter) ~ ')'
        if source.format == 'csv' else 'select parquet_fault(' ~ path ~ ')'
    ).columns[0][0] -%}
    {%- if fault -%}
        {{ exceptions.raise_compiler_error(source.shown[file] ~ ' ' ~ fault) }}
    {%- endif -%}
{%- endmacro %}
