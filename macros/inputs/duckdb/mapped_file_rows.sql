{# A query for the rows of files with a mapping, in canonical columns. #}
{% macro mapped_file_rows(node, group) -%}
    {%- set mapping = group.source.mapping -%}
    {%- set files = files_to_read(group.paths) -%}
    {%- set named = "filename = 'source_file_path'" -%}
    {%- if group.source.format == 'csv' -%}
        {%- set header = fromjson(group.layout) -%}
        {%- set types = csv_types(node, mapping, header) -%}
        {%- set rows -%}
            select
                {{ group.rows_before[0] }} + row_number() over () as source_row_number,
                *
            from read_csv(
                {{ files }}, {{ named }}, {{ csv_options(types, group.source.delimiter) }}
            )
        {%- endset -%}
    {%- else -%}
        {%- set types = parquet_columns(group.paths[0]) -%}
        {%- set header = types.keys() | list -%}
        {%- set rows -%}
            select
                {{ parquet_row_number(group) }} as source_row_number,
                source_file_path
                {%- for name, type in types.items() %},
                {{ as_text(adapter.quote(name), type) }} as c{{ loop.index }}
                {%- endfor %}
            from read_parquet({{ files }}, {{ named }}, {{ parquet_options() }})
        {%- endset -%}
    {%- endif -%}
    {{ mapped_rows(mapped_columns(node, mapping, header), mapping, rows) }}
{%- endmacro %}
