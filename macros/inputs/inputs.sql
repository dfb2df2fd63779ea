{# The seeds that are inputs. #}
{% macro inputs() -%}
    {%- set found = [] -%}
    {%- for node in graph.nodes.values() if is_input(node) -%}
        {%- do found.append(node) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
