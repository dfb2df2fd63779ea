{# Column names for a message, comma-separated. #}
{% macro visible_names(names) -%}
    {%- set shown = [] -%}
    {%- for name in names -%}
        {%- do shown.append(visible_name(name)) -%}
    {%- endfor -%}
    {{ return(shown | join(', ')) }}
{%- endmacro %}
