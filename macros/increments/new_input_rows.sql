{# All rows of an input or, where the model is built incrementally, those behind the last row that
   it has; `key` is the column of the model with the rows' numbers. `input` is a `ref`, which dbt
   must see in the model. Stands alone in a CTE. #}
{% macro new_input_rows(input, key) -%}
    {{ adapter.dispatch('new_input_rows')(input, key) }}
{%- endmacro %}

{% macro default__new_input_rows(input, key) -%}
    select * from {{ input }}
    {%- if is_incremental() %}
    where source_row_number > (select max({{ key }}) from {{ this }})
    {%- endif %}
{%- endmacro %}

{# A view over files would read all of them to find the rows of the last ones. #}
{% macro duckdb__new_input_rows(input, key) -%}
    {%- set nodes = graph.nodes.values() | selectattr('name', 'equalto', input.identifier) | list
        if execute and landing() is not none and is_incremental() else [] -%}
    {%- if nodes -%}
        {%- set last = run_query('select max(' ~ key ~ ') from ' ~ this).columns[0][0] | int -%}
        select *
        from (
            {{ landed_rows(nodes[0], last) }}
        ) as rows_of_new_files
        where source_row_number > {{ last }}
    {%- else -%}
        {{ default__new_input_rows(input, key) }}
    {%- endif -%}
{%- endmacro %}
