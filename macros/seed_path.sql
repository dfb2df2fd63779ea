{# Path of the CSV file behind a seed. #}
{% macro seed_path(name) -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values()
            if node.resource_type == 'seed' and node.name == name -%}
            {{ adapter.dispatch('seed_file_path')(node) }}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__seed_file_path(node) -%}
    {{ adapter.get_seed_file_path(node) }}
{%- endmacro %}

{# As a URL, because on Spark a path alone is one of the cluster's own file system. #}
{% macro spark__seed_file_path(node) -%}
    file://{{ node.root_path }}/{{ node.original_file_path }}
{%- endmacro %}
