{# Path of the CSV file behind a seed. #}
{% macro seed_path(name) -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values()
            if node.resource_type == 'seed' and node.name == name -%}
            {{ adapter.get_seed_file_path(node) }}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
