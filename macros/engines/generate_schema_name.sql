{# Overrides dbt's macro: schemas are named after the layers, not `<target>_<layer>`, because one
   warehouse file holds one project. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema if custom_schema_name is none else custom_schema_name | trim }}
{%- endmacro %}
