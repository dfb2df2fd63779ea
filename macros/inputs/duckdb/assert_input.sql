{# Stops the build if a file of an input cannot be read or lacks a column. The error names the file
   and the remedy. #}
{% macro assert_input(node) -%}
    {%- set input = input_files(node) -%}
    {%- for file in input.files -%}
        {%- set fault = run_query(
            'select ' ~ input.format ~ '_fault(' ~ sql_string(file) ~ ')'
        ).columns[0][0] -%}
        {%- if fault -%}
            {{ exceptions.raise_compiler_error(input.shown[file] ~ ' ' ~ fault) }}
        {%- endif -%}
        {%- if input.format == 'csv' -%}
            {%- do assert_columns(node, input.shown[file], csv_header(sql_string(file))) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if input.format == 'parquet' -%}
        {%- for row in run_query(
            'select layout, min(file_name) from (' ~ parquet_layouts_query(input.files)
            ~ ') as layouts group by layout order by 2'
        ).rows -%}
            {%- set columns = parquet_columns(row[1]) -%}
            {%- do assert_columns(node, row[1], columns.keys() | list) -%}
            {%- for taken in ['file_index', 'file_row_number']
                if taken in columns.keys() | map('lower') -%}
                {{ exceptions.raise_compiler_error(
                    row[1] ~ ' has a column ' ~ taken ~ ', a name that DuckDB reserves for the'
                    ~ ' position of a row. Rename the column'
                ) }}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
