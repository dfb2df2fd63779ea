{# A query for the rows of an input as text; the table `files` lists its files. It has the required
   columns and, if all files are CSV with the same header, their further columns.

   Rows are numbered over all files in the order of their paths. Columns are found by name, so files
   may differ in their order and in further columns. Only files with the same layout are read
   together, because DuckDB would use the types of the first one for all. #}
{% macro landed_rows(node, files) -%}
    {%- set groups = [] -%}
    {%- for file in run_query(landed_files_query(files)).rows -%}
        {#- the rows of CSV files can only be counted as they come, so these must be neighbours -#}
        {%- set alike = groups | selectattr('layout', 'equalto', file[1]) | list -%}
        {%- if file[0].endswith('.csv') -%}
            {%- set alike = groups[-1:] | selectattr('layout', 'equalto', file[1]) | list -%}
        {%- endif -%}
        {%- if not alike -%}
            {%- do groups.append({'layout': file[1], 'paths': [], 'rows_before': []}) -%}
            {%- set alike = groups[-1:] -%}
        {%- endif -%}
        {%- do alike[0].paths.append(file[0]) -%}
        {%- do alike[0].rows_before.append(file[2] | int) -%}
    {%- endfor -%}
    {%- for group in groups -%}
        {%- if group.paths[0].endswith('.csv') %}
            {{ landed_csv_rows(node, group, has_all=groups | length == 1) }}
        {%- else %}
            {{ landed_parquet_rows(node, group) }}
        {%- endif %}
        {{ 'union all' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
