{# Path of the CSV file behind a seed. #}
{% macro seed_path(node) -%}
    {{ return(adapter.dispatch('seed_path')(node)) }}
{%- endmacro %}

{% macro duckdb__seed_path(node) -%}
    {{ return(adapter.get_seed_file_path(node)) }}
{%- endmacro %}

{# As a URL, because on Spark a path alone is one of the cluster's own file system. #}
{% macro spark__seed_path(node) -%}
    {{ return('file://' ~ node.root_path ~ '/' ~ node.original_file_path) }}
{%- endmacro %}
