{# Runs before everything else and stops the build where an input is no text that DuckDB reads as it
   stands, or its header is not as `seeds/_seeds.yml` has it, so that nothing is built on half of
   the inputs. #}
{% macro assert_inputs() -%}
    {%- if execute and flags.WHICH in ['build', 'seed'] -%}
        {{ adapter.dispatch('assert_inputs')() }}
    {%- endif -%}
{%- endmacro %}

{# On Spark nobody sees what a build makes before it has ended well: a seed looks at its own file.
   #}
{% macro spark__assert_inputs() -%}
{%- endmacro %}

{% macro duckdb__assert_inputs() -%}
    {%- for node in graph.nodes.values()
        if node.resource_type == 'seed' and node.unique_id in selected_resources -%}
        {%- if landing() is not none -%}
            {%- do assert_landing(node) -%}
        {%- else -%}
            {%- set path = adapter.get_seed_file_path(node) -%}
            {%- do assert_csv_text(node.original_file_path, path) -%}
            {%- do assert_columns(node, node.original_file_path, csv_header(sql_string(path))) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{# Stops where a CSV file holds what DuckDB would read wrongly without saying so. #}
{% macro assert_csv_text(file_name, path) -%}
    {%- set fault = run_query('select csv_fault(' ~ sql_string(path) ~ ')').columns[0][0] -%}
    {%- if fault -%}
        {{ exceptions.raise_compiler_error(file_name ~ ' ' ~ fault) }}
    {%- endif -%}
{%- endmacro %}
