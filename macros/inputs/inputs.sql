{# The seeds that are inputs: those with the tag `input`. Any other is a seed as dbt knows it. #}
{% macro inputs() -%}
    {%- set found = [] -%}
    {%- for node in graph.nodes.values() if is_input(node) -%}
        {%- do found.append(node) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{% macro is_input(node) -%}
    {{ return(node.resource_type == 'seed' and 'input' in node.tags) }}
{%- endmacro %}
