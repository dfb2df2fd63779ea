{# How a mapping reads a file with this header: `values`, a SQL expression by canonical column over
   the columns c1, c2, ... of the file; `places`, the numbers of those that it reads; `missing`, the
   header names that it lacks by canonical column; and `twice`, names that the header has twice. An
   optional column may be missing, unless the user mapped it. #}
{% macro mapped_columns(node, mapping, header) -%}
    {%- set result = {'values': {}, 'places': [], 'missing': {}, 'twice': []} -%}
    {%- set required = input_columns(node) + mapping.own_columns -%}
    {%- for column in input_columns(node) + optional_columns(node) -%}
        {%- set spec = mapping.columns.get(column, []) -%}
        {%- set value = mapped_value(spec, header) -%}
        {%- do result['values'].update({column: value.sql}) -%}
        {%- do result.places.extend(value.places) -%}
        {%- do result.twice.extend(value.twice) -%}
        {%- if not value.is_found and column in required -%}
            {%- do result.missing.update({column: value.names}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(result) }}
{%- endmacro %}
