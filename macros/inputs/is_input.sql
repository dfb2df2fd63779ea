{# True for a seed with the tag `input`. dbt loads all other seeds in its own way. #}
{% macro is_input(node) -%}
    {{ return(node.resource_type == 'seed' and 'input' in node.tags) }}
{%- endmacro %}
