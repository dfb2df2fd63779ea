{# True if this run builds everything that the two marts of history read, from all rows. #}
{% macro is_whole_build() -%}
    {%- set needed = [] -%}
    {%- for node in graph.nodes.values()
        if node.name in ['fct_report_changes', 'fct_input_row_changes'] -%}
        {%- do needed.append(node.unique_id) -%}
    {%- endfor -%}
    {#- the loop goes on to what it appends -#}
    {%- for unique_id in needed -%}
        {%- for parent in graph.nodes[unique_id].depends_on.nodes or []
            if parent in graph.nodes and parent not in needed -%}
            {%- do needed.append(parent) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(needed | reject('in', selected_resources) | list | length == 0 and not flags.EMPTY) }}
{%- endmacro %}
