{# The CSV files of an input by header, as objects with `files` and the `types` of their columns by
   name. Stops the build if a file lacks a column, is empty, is not UTF-8 or has unclosed quotes:
   Spark would replace invalid bytes and close quotes at the end of the file. #}
{% macro csv_layouts(node, source, relation) -%}
    {%- set lines = relation ~ '_lines' -%}
    {%- do run_query(
        'create table ' ~ lines ~ " (line string) using text options (lineSep '\\n', "
        ~ folder_options(source.folder) ~ ')'
    ) -%}
    {%- set found = {} -%}
    {%- for row in run_query(
        csv_facts_query(lines, source.files) if source.get('encoding', 'UTF-8') == 'UTF-8'
        else encoded_facts_query(source)
    ).rows -%}
        {%- do found.update({row[0]: row}) -%}
    {%- endfor -%}
    {%- set layouts = {} -%}
    {%- for file in source.files -%}
        {%- set told = source.shown[file] -%}
        {%- set facts = found.get(bare_path(file)) -%}
        {%- if facts and facts[2] -%}
            {{ exceptions.raise_compiler_error(told ~ ' ' ~ facts[2]) }}
        {%- endif -%}
        {%- if facts and facts[3] -%}
            {%- do assert_line_ends(told, lines, file) -%}
        {%- endif -%}
        {%- set header = csv_names((facts[1] or '') if facts else '', source.delimiter) -%}
        {%- do assert_columns(node, source.mapping, told, header) -%}
        {%- set layout = layouts.setdefault(
            tojson(header), {
                'files': [], 'header': header, 'types': csv_types(node, source.mapping, header),
            }
        ) -%}
        {%- do layout.files.append(file) -%}
    {%- endfor -%}
    {{ return(layouts.values() | list) }}
{%- endmacro %}
