{# Stops the build if a file of an input cannot be read or lacks a column. The error names the file
   and the remedy. #}
{% macro assert_input(node) -%}
    {%- for source in input_sources(node) -%}
        {%- set delimiter = sql_string(source.delimiter) -%}
        {%- for file in source.files -%}
            {%- set path = sql_string(file) -%}
            {%- set fault = run_query(
                'select csv_fault(' ~ path ~ ', ' ~ delimiter ~ ')' if source.format == 'csv'
                else 'select parquet_fault(' ~ path ~ ')'
            ).columns[0][0] -%}
            {%- if fault -%}
                {{ exceptions.raise_compiler_error(source.shown[file] ~ ' ' ~ fault) }}
            {%- endif -%}
            {%- if source.format == 'csv' -%}
                {%- do assert_columns(
                    node, source.mapping, source.shown[file], csv_header(path, delimiter)
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if source.format == 'parquet' -%}
            {%- do assert_parquet_layouts(node, source) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
