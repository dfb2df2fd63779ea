{# How a CSV file with this header is read: the types of its columns, which are all text, by their
   names. Further columns do no harm: one without a name, or with one that an engine takes for that
   of another, is named by its place. #}
{% macro csv_types(node, header) -%}
    {%- set taken = node.columns.keys() | map('lower') | list -%}
    {%- set types = {} -%}
    {%- for name in header -%}
        {%- set is_known = name in input_columns(node) -%}
        {%- set is_clear = name and name | lower not in taken
            and not modules.re.match('column_[0-9]', name | lower) -%}
        {%- do taken.append(name | lower) -%}
        {%- set key = name if is_known or is_clear else 'column_' ~ loop.index -%}
        {%- do types.update({key: 'string'}) -%}
    {%- endfor -%}
    {{ return(types) }}
{%- endmacro %}
