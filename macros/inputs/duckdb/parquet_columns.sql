{# The columns of a Parquet file, in their order, with their types in DuckDB. #}
{% macro parquet_columns(path) -%}
    {%- set columns = {} -%}
    {%- for row in run_query(
        'describe from read_parquet(' ~ files_to_read([path]) ~ ', ' ~ parquet_options() ~ ')'
    ).rows -%}
        {%- do columns.update({row[0]: row[1]}) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}
