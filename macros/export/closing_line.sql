{# What stands behind the rows. #}
{% macro closing_line(header) -%}
    '{{ ']' if header is none else ']}' }}'
{%- endmacro %}
