{# Stops the build if a var is not valid, with its value and what it must be. #}
{% macro assert_var(name, is_valid, expected) -%}
    {%- if not is_valid -%}
        {{ exceptions.raise_compiler_error(
            'Var ' ~ name ~ ' is ' ~ var(name) | tojson ~ '. It must be ' ~ expected ~ '. Set it in'
            ~ " dbt_project.yml or with --vars '{" ~ name ~ ": ...}'"
        ) }}
    {%- endif -%}
{%- endmacro %}
