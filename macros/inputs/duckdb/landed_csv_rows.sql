{# A query for the rows of CSV files. On one thread, `row_number() over ()` numbers rows in the
   order of the files and their lines. With `has_all`, it includes further columns. #}
{% macro landed_csv_rows(node, group, has_all) -%}
    {%- set types = csv_types(node, none, fromjson(group.layout)) -%}
    select
        {{ group.rows_before[0] }} + row_number() over () as source_row_number
        {%- for column in (types if has_all else input_columns(node)) %},
        {{ adapter.quote(column) }}
        {%- endfor %}
        {%- for column in optional_columns(node) if not (has_all and column in types) %},
        {{ adapter.quote(column) if column in types else 'cast(null as string)' }} as {{ column }}
        {%- endfor %}
    from read_csv(
        {{ files_to_read(group.paths) }},
        {{ csv_options(types, ',') }}
    )
{%- endmacro %}
