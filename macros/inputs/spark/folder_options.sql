{# Options of a table of files: those at any depth of a folder, whose name is taken as it stands.
   #}
{% macro folder_options(folder) -%}
    path {{ sql_string(folder) }},
    recursiveFileLookup 'true',
    __globPaths__ 'false'
{%- endmacro %}
