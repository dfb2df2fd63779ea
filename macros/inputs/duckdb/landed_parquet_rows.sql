{# A query for the rows of Parquet files. Parquet has the number of each row, so many threads may
   read a file. #}
{% macro landed_parquet_rows(node, group) -%}
    {%- set types = parquet_columns(group.paths[0]) -%}
    select
        {{ parquet_row_number(group) }} as source_row_number
        {%- for column in input_columns(node) %},
        {{ as_text(adapter.quote(column), types[column]) }} as {{ adapter.quote(column) }}
        {%- endfor %}
        {%- for column in optional_columns(node) %},
        {{ as_text(adapter.quote(column), types[column]) if column in types
            else 'cast(null as string)' }} as {{ column }}
        {%- endfor %}
    from read_parquet({{ files_to_read(group.paths) }}, {{ parquet_options() }})
{%- endmacro %}
