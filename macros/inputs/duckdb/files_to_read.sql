{# Paths as a list of files for DuckDB to read, which would take them for globs. #}
{% macro files_to_read(paths) -%}
    {%- set globs = [] -%}
    {%- for path in paths -%}
        {%- do globs.append(as_glob(path)) -%}
    {%- endfor -%}
    {{ sql_list(globs) }}
{%- endmacro %}
