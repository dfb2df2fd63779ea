{# Stops the build if a file of an input cannot be read or lacks a column. The error names the file
   and the remedy. #}
{% macro assert_input(node) -%}
    {%- for source in input_sources(node) -%}
        {%- for file in source.files -%}
            {%- do assert_readable(source, file) -%}
            {%- if source.format == 'csv' -%}
                {%- do assert_columns(
                    node, source.mapping, source.shown[file], file_header(source, file)
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if source.format == 'parquet' -%}
            {%- do assert_parquet_layouts(node, source) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
