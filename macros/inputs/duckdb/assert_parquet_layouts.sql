{# Stops the build if a Parquet file of a source lacks a column. #}
{% macro assert_parquet_layouts(node, source) -%}
    {%- for row in run_query(
        'select layout, min(file_name) from (' ~ parquet_layouts_query(source.files)
        ~ ') as layouts group by layout order by 2'
    ).rows -%}
        {%- set columns = parquet_columns(row[1]) -%}
        {%- do assert_columns(node, source.mapping, row[1], columns.keys() | list) -%}
        {%- for taken in ['file_index', 'file_row_number', 'source_file_path']
            if taken in columns.keys() | map('lower') -%}
            {{ exceptions.raise_compiler_error(
                row[1] ~ ' has a column ' ~ taken ~ ', a name that DuckDB reserves for the'
                ~ ' position of a row. Rename the column'
            ) }}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}
