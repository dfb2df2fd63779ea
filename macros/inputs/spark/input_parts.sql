{# The files of an input in parts that are read together: a list of objects with `files`, the
   `table` through which Spark reads them, their `format`, and the `types` of their columns by name.
   A part has at most a hundred files of the same layout, since its view names them all. #}
{% macro input_parts(node, input, relation) -%}
    {%- set files_per_part = 100 -%}
    {%- if input.format == 'csv' -%}
        {%- set layouts = csv_layouts(node, input, relation) -%}
    {%- else -%}
        {%- set layouts = parquet_layouts(node, input) -%}
    {%- endif -%}
    {%- set parts = [] -%}
    {%- for layout in layouts -%}
        {%- set table = relation ~ '_layout_' ~ loop.index -%}
        {%- do run_query(files_table(table, input, layout.types)) -%}
        {%- for files in layout.files | batch(files_per_part) -%}
            {%- do parts.append({
                'files': files, 'table': table, 'format': input.format, 'types': layout.types,
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(parts) }}
{%- endmacro %}
