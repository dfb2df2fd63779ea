{# The relation that `ref` returns, see `ref`. #}
{% macro duckdb__built_relation(name, relation) -%}
    {{ return(relation) }}
{%- endmacro %}

{# In a unit test, the relation is the CTE with its rows, and macros have no `graph`. #}
{% macro spark__built_relation(name, relation) -%}
    {%- if not execute
        or flags.WHICH not in ['build', 'run', 'seed']
        or relation.is_cte -%}
        {{ return(relation) }}
    {%- endif -%}
    {%- set made_now = ['model.' ~ project_name ~ '.' ~ name]
        + inputs() | selectattr('name', 'equalto', name) | map(attribute='unique_id') | list -%}
    {%- if made_now | select('in', selected_resources) | list | length == 0 -%}
        {{ return(relation) }}
    {%- endif -%}
    {{ return(build_relation(relation)) }}
{%- endmacro %}
