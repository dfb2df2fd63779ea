{# A path without a slash at its end; relative ones count from the project. #}
{% macro full_path(path) -%}
    {%- set is_full = path.startswith('/') or '://' in path -%}
    {{ return((path if is_full else project_path() ~ '/' ~ path).rstrip('/')) }}
{%- endmacro %}
