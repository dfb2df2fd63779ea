{# A path as a full one, without a slash at its end; relative ones count from the project. #}
{% macro full_path(path, node) -%}
    {%- set is_full = path.startswith('/') or '://' in path -%}
    {{ return((path if is_full else project_root(node) ~ '/' ~ path).rstrip('/')) }}
{%- endmacro %}
