{# Makes the relation of an input a view over its files. The table `<name>_files` lists them, with
   the hash, row count and layout of each. Returns the number of rows (`row_count`) and their source
   (`origin`). #}
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
    {%- do assert_csv_rows(node, input.origin, row_count) -%}
    {% call statement('load') -%}
        create or replace view {{ target_relation }} as
        {{ landed_rows(node, files) }}
    {%- endcall %}
    {{ return({'row_count': row_count, 'origin': input.origin}) }}
{%- endmacro %}
