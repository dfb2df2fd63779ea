{# `row_number() over ()` numbers rows as they come, which is the order of the files and of their
   lines, on one thread. With `has_all`, further columns are there, too. #}
{% macro landed_csv_rows(node, group, has_all) -%}
    {%- set types = csv_types(node, fromjson(group.layout)) -%}
    select
        {{ group.rows_before[0] }} + row_number() over () as source_row_number
        {%- for column in (types if has_all else input_columns(node)) %},
        {{ adapter.quote(column) }}
        {%- endfor %}
    from read_csv(
        {{ files_to_read(group.paths) }},
        {{ csv_options(types) }}
    )
{%- endmacro %}
