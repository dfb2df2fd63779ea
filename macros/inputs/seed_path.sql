{# Path of the CSV file behind a seed. #}
{% macro seed_path(node) -%}
    {{ return(adapter.dispatch('seed_path')(node)) }}
{%- endmacro %}

{% macro duckdb__seed_path(node) -%}
    {{ return(project_root(node) ~ '/' ~ node.original_file_path) }}
{%- endmacro %}

{# A URL, because on Spark a bare path is in the cluster's file system. #}
{% macro spark__seed_path(node) -%}
    {{ return('file://' ~ duckdb__seed_path(node)) }}
{%- endmacro %}
