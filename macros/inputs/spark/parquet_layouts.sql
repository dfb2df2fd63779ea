{# The Parquet files of an input by their columns, as objects with `files` and the `types` of their
   columns by name. Stops where a file lacks a column. Spark takes the columns of one file for those
   of all, so it is asked about each, which opens no more than the end of the file. #}
{% macro parquet_layouts(node, input) -%}
    {%- set files_per_query = 50 -%}
    {%- set layouts = {} -%}
    {%- for files in input.files | batch(files_per_query) -%}
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
        {%- do assert_columns(node, layout.files[0], types.keys() | list) -%}
        {%- set needed = {} -%}
        {%- for column in input_columns(node) -%}
            {%- do needed.update({column: types[column]}) -%}
        {%- endfor -%}
        {%- do layout.update({'types': needed}) -%}
    {%- endfor -%}
    {{ return(layouts.values() | list) }}
{%- endmacro %}
