{# Options of a table of the files at any depth of a folder; its name is literal. #}
{% macro folder_options(folder) -%}
    path {{ sql_string(folder) }},
    recursiveFileLookup 'true',
    __globPaths__ 'false'
{%- endmacro %}
