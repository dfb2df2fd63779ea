{# The columns of a Parquet file that an input reads. #}
{% macro needed_columns(node, mapping, header) -%}
    {%- if not mapping -%}
        {{ return(node.columns) }}
    {%- endif -%}
    {%- set names = [] -%}
    {%- for place in mapped_columns(node, mapping, header).places | unique -%}
        {%- do names.append(header[place - 1]) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}
