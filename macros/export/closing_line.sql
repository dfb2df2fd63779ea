{# The text of a report after its rows. #}
{% macro closing_line(header) -%}
    '{{ ']' if header is none else ']}' }}'
{%- endmacro %}
