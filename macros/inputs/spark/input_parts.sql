{# The files of a source in parts that are read together: a list of objects with `files`, the
   `table` through which Spark reads them, their `format`, the `header`, the `types` of their
   columns by name, and the `mapping`.
   A part has at most a hundred files of the same layout, since its view names them all. #}
{% macro input_parts(node, source, relation) -%}
    {%- set files_per_part = 100 -%}
    {%- if source.format == 'csv' -%}
        {%- set layouts = csv_layouts(node, source, relation) -%}
    {%- else -%}
        {%- set layouts = parquet_layouts(node, source) -%}
    {%- endif -%}
    {%- set parts = [] -%}
    {%- for layout in layouts -%}
        {%- set table = relation ~ '_layout_' ~ loop.index -%}
        {%- do run_query(files_table(table, source, layout.types)) -%}
        {%- for files in layout.files | batch(files_per_part) -%}
            {%- do parts.append({
                'files': files, 'table': table, 'format': source.format, 'types': layout.types,
                'header': layout.header, 'mapping': source.mapping,
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(parts) }}
{%- endmacro %}
