{# A query for the rows of an input, whose files the table `files` lists, as text: with the columns
   that the input must have and, where all of them are CSV with the same header, those they have
   beside.

   Row numbers count over all files in the order of their paths. Columns go by their names, so that
   files may differ in the order of theirs, and in what else they have. Only files that are alike
   are read together, since DuckDB would take the first one's types for all of them. #}
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
