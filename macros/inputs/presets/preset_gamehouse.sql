{# The shape that the models read: each column has its own name. #}
{% macro preset_gamehouse() -%}
    {%- set preset = {} -%}
    {%- for node in inputs() -%}
        {%- set columns = {} -%}
        {%- for column in input_columns(node) + optional_columns(node) -%}
            {%- do columns.update({column: column}) -%}
        {%- endfor -%}
        {%- do preset.update({
            node.name: {'known_by': input_columns(node), 'columns': columns}
        }) -%}
    {%- endfor -%}
    {{ tojson(preset) }}
{%- endmacro %}
