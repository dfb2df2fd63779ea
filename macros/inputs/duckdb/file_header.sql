{# The column names of a file of a source; an empty list for an empty CSV file. #}
{% macro file_header(source, file) -%}
    {%- if source.format == 'parquet' -%}
        {{ return(parquet_columns(file).keys() | list) }}
    {%- endif -%}
    {{ return(fromjson(run_query(
        'select csv_header(' ~ sql_string(file) ~ ', ' ~ sql_string(source.delimiter) ~ ')'
    ).columns[0][0])) }}
{%- endmacro %}
