{# A query for the rows of an input as text; the table `files` lists its files. It has the canonical
   columns and, if all files are CSV with the same header and no mapping, their further columns.

   Rows are numbered over all files in the order of their paths. Columns are found by name, so files
   may differ in their order and in further columns. Only files with the same layout are read
   together, because DuckDB would use the types of the first one for all. #}
{% macro landed_rows(node, sources, files) -%}
    {%- set groups = [] -%}
    {%- for file in run_query(landed_files_query(files)).rows -%}
        {%- set source = sources[file[2] | int] -%}
        {#- the rows of CSV files can only be counted as they come, so these must be neighbours -#}
        {%- set candidates = groups[-1:] if source.format == 'csv' else groups -%}
        {%- set alike = candidates | selectattr('layout', 'equalto', file[1])
            | selectattr('source', 'equalto', source) | list -%}
        {%- if not alike -%}
            {%- do groups.append(
                {'source': source, 'layout': file[1], 'paths': [], 'rows_before': []}
            ) -%}
            {%- set alike = groups[-1:] -%}
        {%- endif -%}
        {%- do alike[0].paths.append(file[0]) -%}
        {%- do alike[0].rows_before.append(file[3] | int) -%}
    {%- endfor -%}
    {%- for group in groups -%}
        {%- if group.source.mapping %}
            {{ mapped_file_rows(node, group) }}
        {%- elif group.source.format == 'csv' %}
            {{ landed_csv_rows(node, group, has_all=groups | length == 1) }}
        {%- else %}
            {{ landed_parquet_rows(node, group) }}
        {%- endif %}
        {{ 'union all' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
