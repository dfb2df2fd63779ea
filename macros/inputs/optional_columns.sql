{# The columns that an input may have, as `seeds/_seeds.yml` names them. Where a file lacks one, its
   values are null. #}
{% macro optional_columns(node) -%}
    {%- set names = [] -%}
    {%- for column in node.columns.values() if column.config.meta.get('optional') -%}
        {%- do names.append(column.name) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}
