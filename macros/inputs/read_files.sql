{# Makes the relation of an input a view over its files. Beside it the table `<name>_files` lists
   them, with the hash, the rows and the layout of each. Returns how many rows there are
   (`row_count`), and where they come from (`origin`). #}
{% macro read_files(node, target_relation) -%}
    {%- set input = input_files(node) -%}
    {%- set files = files_relation(target_relation) -%}
    {%- do run_query(
        'create or replace table ' ~ files ~ ' as '
        ~ (csv_files_query(input) if input.format == 'csv' else parquet_files_query(input))
    ) -%}
    {%- if input.format == 'csv' -%}
        {%- do assert_csv_files(node, input, files) -%}
    {%- endif -%}
    {%- set row_count = run_query('select sum(row_count) from ' ~ files).columns[0][0] | int -%}
    {%- do assert_csv_rows(input.origin, row_count) -%}
    {% call statement('load') -%}
        create or replace view {{ target_relation }} as
        {{ landed_rows(node, files) }}
    {%- endcall %}
    {{ return({'row_count': row_count, 'origin': input.origin}) }}
{%- endmacro %}

{# The table that lists the files of an input. #}
{% macro files_relation(relation) -%}
    {{ return(relation.incorporate(
        path={'identifier': relation.identifier ~ '_files'}, type='table'
    )) }}
{%- endmacro %}

{# A query for the CSV files of an input with what Python tells of each. #}
{% macro csv_files_query(input) -%}
    select
        position,
        path,
        substr(path, {{ input.folder | length + 2 }}) as name,
        file_sha256(path) as sha256,
        csv_header(path) as layout,
        csv_row_count(path) as row_count,
        file_facts(path) as facts
    from ({{ landing_places_query(input) }}) as place
{%- endmacro %}

{# A query for the Parquet files of an input with what the end of each tells. #}
{% macro parquet_files_query(input) -%}
    select
        place.position,
        place.path,
        substr(place.path, {{ input.folder | length + 2 }}) as name,
        file_sha256(place.path) as sha256,
        layouts.layout,
        metadata.num_rows as row_count
    from ({{ landing_places_query(input) }}) as place
    inner join ({{ parquet_layouts_query(input.files) }}) as layouts
        on place.path = layouts.file_name
    inner join parquet_file_metadata({{ files_to_read(input.files) }}) as metadata
        on place.path = metadata.file_name
{%- endmacro %}

{# Reads CSV files, each in a scan of its own: with many files and few threads DuckDB (1.5.6)
   overlooks quotes that never close, and leaves out the rows behind them. Every column is looked
   at, or text that is no UTF-8 would not be noticed. Stops where lines are no CSV, and where
   DuckDB finds another number of rows than Python did. #}
{% macro assert_csv_files(node, input, files) -%}
    {%- set rejects = node.name ~ '_rejects' -%}
    {%- do drop_rejects(rejects) -%}
    {%- set row_counts = [] -%}
    {%- set known = run_query(
        'select path, layout, row_count, facts from ' ~ files ~ ' order by position'
    ).rows -%}
    {%- for row in known -%}
        {%- do row_counts.append(run_query(
            'select count(*), count(columns(*)) from read_csv(' ~ files_to_read([row[0]]) ~ ', '
            ~ csv_options(csv_types(node, fromjson(row[1])), rejects) ~ ')'
        ).columns[0][0] | int) -%}
    {%- endfor -%}
    {%- do assert_csv_lines(input.shown, rejects) -%}
    {%- do drop_rejects(rejects) -%}
    {%- for row in known -%}
        {%- do assert_csv_count(
            input.shown[row[0]], sql_string(row[0]), row[2], row[3], row_counts[loop.index0]
        ) -%}
    {%- endfor -%}
{%- endmacro %}
