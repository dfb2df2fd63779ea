{# The columns that an input must have, as `seeds/_seeds.yml` names them. #}
{% macro input_columns(node) -%}
    {{ return(node.columns.keys() | reject('equalto', 'source_row_number') | list) }}
{%- endmacro %}
