{# The types of a CSV file's columns by name, all text. Further columns are allowed: one without a
   name, or whose name an engine would confuse with another, is named by its position. With a
   mapping, all are: c1, c2, ... #}
{% macro csv_types(node, mapping, header) -%}
    {%- set taken = node.columns.keys() | map('lower') | list -%}
    {%- set types = {} -%}
    {%- for name in header -%}
        {%- set is_known = name in node.columns -%}
        {%- set is_clear = name and name | lower not in taken
            and not modules.re.match('column_[0-9]', name | lower) -%}
        {%- do taken.append(name | lower) -%}
        {%- set key = name if is_known or is_clear else 'column_' ~ loop.index -%}
        {%- do types.update({'c' ~ loop.index if mapping else key: 'string'}) -%}
    {%- endfor -%}
    {{ return(types) }}
{%- endmacro %}
