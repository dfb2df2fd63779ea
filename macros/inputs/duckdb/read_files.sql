{# Makes the relation of an input a view over its files. The table `<name>_files` lists them, with
   the hash, row count and layout of each. Returns the number of rows (`row_count`) and their source
   (`origin`). #}
{% macro read_files(node, target_relation) -%}
    {%- set sources = input_sources(node) -%}
    {%- set origin = sources | map(attribute='origin') | join(' and ') -%}
    {%- set files = files_relation(target_relation) -%}
    {%- do run_query('create or replace table ' ~ files ~ ' as ' ~ files_query(sources)) -%}
    {%- for source in sources if source.format == 'csv' -%}
        {%- do assert_csv_files(node, source, files) -%}
    {%- endfor -%}
    {%- set row_count = run_query('select sum(row_count) from ' ~ files).columns[0][0] | int -%}
    {%- do assert_csv_rows(node, origin, row_count) -%}
    {% call statement('load') -%}
        create or replace view {{ target_relation }} as
        {{ landed_rows(node, sources, files) }}
    {%- endcall %}
    {{ return({'row_count': row_count, 'origin': origin}) }}
{%- endmacro %}
