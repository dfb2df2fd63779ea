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
        {%- do assert_input(node) -%}
    {%- endfor -%}
{%- endmacro %}
