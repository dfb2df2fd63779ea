{# True if this run builds all inputs and all models before the reports, from all rows. #}
{% macro is_whole_build() -%}
    {%- set left_out = [] -%}
    {%- for node in graph.nodes.values() if node.unique_id not in selected_resources
        and node.fqn[1] not in ['reports', 'quality']
        and node.resource_type in ['model', 'seed'] -%}
        {%- do left_out.append(node.name) -%}
    {%- endfor -%}
    {{ return(not left_out and not flags.EMPTY) }}
{%- endmacro %}
