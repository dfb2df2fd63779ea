{# The columns that an input must have, as `seeds/_seeds.yml` names them. #}
{% macro input_columns(node) -%}
    {%- set names = [] -%}
    {%- for column in node.columns.values()
        if column.name != 'source_row_number' and not column.config.meta.get('optional') -%}
        {%- do names.append(column.name) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}
