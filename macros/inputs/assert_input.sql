{# Stops where a file of an input cannot be read as it stands, or lacks a column, naming the file
   and what to do. #}
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
                    row[1] ~ ' has a column ' ~ taken ~ ', which is what DuckDB calls the place of'
                    ~ ' a row. Rename the column'
                ) }}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{# A query for the files of an input with their places, from 1. #}
{% macro landing_places_query(landed) -%}
    {%- set paths = sql_list(landed.files) -%}
    select
        unnest({{ paths }}) as path,
        unnest(range(1, {{ landed.files | length + 1 }})) as position
{%- endmacro %}

{# Texts as a list in SQL. #}
{% macro sql_list(texts) -%}
    {%- set quoted = [] -%}
    {%- for text in texts -%}
        {%- do quoted.append(sql_string(text)) -%}
    {%- endfor -%}
    [{{ quoted | join(', ') }}]
{%- endmacro %}

{# Paths as a list of files for DuckDB to read, which would take them for globs. #}
{% macro files_to_read(paths) -%}
    {%- set globs = [] -%}
    {%- for path in paths -%}
        {%- do globs.append(as_glob(path)) -%}
    {%- endfor -%}
    {{ sql_list(globs) }}
{%- endmacro %}

{# A query for the `layout` of Parquet files: equal where names and types of all columns are. #}
{% macro parquet_layouts_query(paths) -%}
    select
        file_name,
        md5(string_agg(
            concat_ws(
                chr(31), name, type, converted_type, logical_type, num_children, duckdb_type
            ),
            chr(30)
            order by column_id
        )) as layout
    from parquet_schema({{ files_to_read(paths) }})
    group by file_name
{%- endmacro %}

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

{# How Parquet is read: the columns are those in the file alone, and writers that do not mark text
   as text mean text. #}
{% macro parquet_options() -%}
    hive_partitioning = false, union_by_name = false, binary_as_string = true
{%- endmacro %}
