{# Texts as a list in SQL. #}
{% macro sql_list(texts) -%}
    {%- set quoted = [] -%}
    {%- for text in texts -%}
        {%- do quoted.append(sql_string(text)) -%}
    {%- endfor -%}
    [{{ quoted | join(', ') }}]
{%- endmacro %}
