{# What `inspect_file` tells about a file as an input. #}
{% macro inspected(node, preset, source, file, header) -%}
    {%- set rows = 'file_' ~ node.name -%}
    {%- set group = {
        'source': source, 'layout': tojson(header), 'paths': [file], 'rows_before': [0],
    } -%}
    {%- do run_query(
        'create or replace temporary table ' ~ rows ~ ' as ' ~ mapped_file_rows(node, group)
    ) -%}
    {%- set columns = [] -%}
    {%- for column, spec in source.mapping.columns.items() -%}
        {%- set name = adapter.quote(column) -%}
        {%- set facts = run_query(
            'select count(' ~ name ~ '), count(*) filter (' ~ name ~ ' is not null and '
            ~ parsed_value(column) ~ ' is null), min(' ~ name ~ ') filter (' ~ parsed_value(column)
            ~ ' is null), count(*) from ' ~ rows
        ).rows[0] -%}
        {%- set sample = run_query(
            'select ' ~ name ~ ' from ' ~ rows ~ ' order by source_row_number limit 5'
        ).columns[0].values() | list -%}
        {%- do columns.append({
            'column': column, 'names': mapped_value(spec, header).names | unique | list,
            'filled': facts[0] | int, 'unparsed': facts[1] | int, 'example': facts[2],
            'row_count': facts[3] | int, 'sample': sample,
        }) -%}
    {%- endfor -%}
    {{ return({'input': node.name, 'preset': preset, 'columns': columns}) }}
{%- endmacro %}
