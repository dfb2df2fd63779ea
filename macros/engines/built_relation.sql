{# The relation that `ref` returns, see `ref`. #}
{% macro duckdb__built_relation(name, relation) -%}
    {{ return(relation) }}
{%- endmacro %}

{# In a unit test, the relation is the CTE with its rows. #}
{% macro spark__built_relation(name, relation) -%}
    {%- set made_now = ['model.' ~ project_name ~ '.' ~ name] -%}
    {%- if execute -%}
        {%- do made_now.extend(
            inputs() | selectattr('name', 'equalto', name) | map(attribute='unique_id')
        ) -%}
    {%- endif -%}
    {%- if not execute
        or flags.WHICH not in ['build', 'run', 'seed']
        or relation.is_cte
        or made_now | select('in', selected_resources) | list | length == 0 -%}
        {{ return(relation) }}
    {%- endif -%}
    {{ return(build_relation(relation)) }}
{%- endmacro %}
