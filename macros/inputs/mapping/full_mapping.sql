{# A mapping with the keys of its preset; its own keys take precedence, those of `columns` one by
   one. `own_columns` names the columns that it maps itself. #}
{% macro full_mapping(node, own) -%}
    {%- set full = dict(input_presets(node)[own.get('preset', 'gamehouse')]) -%}
    {%- set columns = dict(full.columns) -%}
    {%- do columns.update(own.get('columns') or {}) -%}
    {%- do full.update(own) -%}
    {%- do full.update({
        'columns': columns, 'own_columns': (own.get('columns') or {}).keys() | list,
    }) -%}
    {{ return(full) }}
{%- endmacro %}
