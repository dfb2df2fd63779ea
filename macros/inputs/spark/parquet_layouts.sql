{# The Parquet files of an input by layout, as objects with `files` and the `types` of their columns
   by name. Stops the build if a file lacks a column. Spark assumes that all files have the columns
   of one, so each file is asked; this reads only its footer. #}
{% macro parquet_layouts(node, source) -%}
    {%- set files_per_query = 50 -%}
    {%- set layouts = {} -%}
    {%- for files in source.files | batch(files_per_query) -%}
        {%- for row in run_query(parquet_layouts_of(files)).rows -%}
            {%- set layout = layouts.setdefault(row[1], {'files': []}) -%}
            {%- do layout.files.append(files[row[0] - 1]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for layout in layouts.values() -%}
        {%- set types = {} -%}
        {%- for row in run_query(
            'describe query select * from ' ~ one_parquet_file(layout.files[0])
        ).rows -%}
            {%- do types.update({row[0]: row[1]}) -%}
        {%- endfor -%}
        {%- do assert_columns(node, source.mapping, layout.files[0], types.keys() | list) -%}
        {%- set needed = {} -%}
        {%- set header = types.keys() | list -%}
        {%- for column in needed_columns(node, source.mapping, header) if column in types -%}
            {%- do needed.update({column: types[column]}) -%}
        {%- endfor -%}
        {%- do layout.update({'types': needed, 'header': header}) -%}
    {%- endfor -%}
    {{ return(layouts.values() | list) }}
{%- endmacro %}
