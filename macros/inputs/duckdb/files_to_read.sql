{# A SQL list of paths for DuckDB to read, escaped because DuckDB reads them as globs. #}
{% macro files_to_read(paths) -%}
    {%- set globs = [] -%}
    {%- for path in paths -%}
        {%- do globs.append(as_glob(path)) -%}
    {%- endfor -%}
    {{ sql_list(globs) }}
{%- endmacro %}
