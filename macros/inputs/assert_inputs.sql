{# Stops the build before any model runs if DuckDB cannot read an input as it is, or if a header
   lacks a column of `seeds/_seeds.yml`. #}
{% macro assert_inputs() -%}
    {%- if execute and flags.WHICH in ['build', 'seed', 'run', 'test'] -%}
        {{ adapter.dispatch('assert_inputs')() }}
    {%- endif -%}
{%- endmacro %}

{# On Spark each seed checks its own files, because only a successful build is published. #}
{% macro spark__assert_inputs() -%}
{%- endmacro %}

{# In a new warehouse, also creates an input that a selected model reads and that is not selected
   itself, so that `--select stg_game__sessions` works. An input is a view, so this is cheap. dbt
   has already listed the relations, so its cache needs the new one. #}
{% macro duckdb__assert_inputs() -%}
    {%- set read = [] -%}
    {%- for id in selected_resources if id in graph.nodes -%}
        {%- do read.extend(graph.nodes[id].depends_on.nodes | default([])) -%}
    {%- endfor -%}
    {%- for node in inputs() -%}
        {%- if node.unique_id in selected_resources -%}
            {%- do assert_input(node) -%}
        {%- elif node.unique_id in read
            and adapter.get_relation(node.database, node.schema, node.alias) is none -%}
            {%- do assert_input(node) -%}
            {%- set relation = api.Relation.create(
                node.database, node.schema, node.alias, type='view'
            ) -%}
            {%- do read_files(node, relation) -%}
            {%- do adapter.commit() -%}
            {%- do adapter.cache_added(relation) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
