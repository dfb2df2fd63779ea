{# The text of a report before its rows, as an expression on the header, if there is one. #}
{% macro opening_line(header, header_key, rows_key) -%}
    {%- if header is none -%}
        '['
    {%- else -%}
        {%- set opening = '{"' ~ header_key ~ '":{' if header_key is not none else '{' -%}
        {%- set closing = '}' if header_key is not none else '' -%}
        concat('{{ opening }}', {{ json_members_text(header) }}, '{{ closing }},"{{ rows_key }}":[')
    {%- endif -%}
{%- endmacro %}
