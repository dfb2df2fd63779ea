{# The types of a CSV file's columns by name, all text. Further columns are allowed: one without a
   name, or whose name an engine would confuse with another, is named by its position. #}
{% macro csv_types(node, header) -%}
    {%- set taken = node.columns.keys() | map('lower') | list -%}
    {%- set types = {} -%}
    {%- for name in header -%}
        {%- set is_known = name in node.columns -%}
        {%- set is_clear = name and name | lower not in taken
            and not modules.re.match('column_[0-9]', name | lower) -%}
        {%- do taken.append(name | lower) -%}
        {%- set key = name if is_known or is_clear else 'column_' ~ loop.index -%}
        {%- do types.update({key: 'string'}) -%}
    {%- endfor -%}
    {{ return(types) }}
{%- endmacro %}
