{# Runs before everything else and stops the build where an input is no text that DuckDB reads as it
   stands, or its header is not as `seeds/_seeds.yml` has it, so that nothing is built on half of
   the inputs. #}
{% macro assert_inputs() -%}
    {%- if execute and flags.WHICH in ['build', 'seed', 'run', 'test'] -%}
        {{ adapter.dispatch('assert_inputs')() }}
    {%- endif -%}
{%- endmacro %}

{# On Spark nobody sees what a build makes before it has ended well: a seed looks at its own file.
   #}
{% macro spark__assert_inputs() -%}
{%- endmacro %}

{# An input is a view, so one that a selected model reads, that is not selected itself and not there
   yet, in a new warehouse, is made here: then `--select stg_ads__costs` has what it reads. dbt has
   listed the relations by now. #}
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
