{# dbt's own macro, with one more reason: a table that holds rows from before the present history
   began, or that knows nothing of builds, is made anew. #}
{% macro should_full_refresh() -%}
    {%- set asked = config.get('full_refresh') -%}
    {%- if asked is none -%}
        {%- set asked = flags.FULL_REFRESH -%}
    {%- endif -%}
    {%- if asked or not execute or model.config.materialized != 'incremental' -%}
        {{ return(asked) }}
    {%- endif -%}
    {{ return(not continues_history(this)) }}
{%- endmacro %}

{# True where all rows of a table are of the present history. #}
{% macro continues_history(relation) -%}
    {%- set found = load_cached_relation(relation) -%}
    {%- if found is none or not found.is_table -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set columns = adapter.get_columns_in_relation(found) | map(attribute='name') | list -%}
    {%- if 'build_number' not in columns -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set continues -%}
        select
            coalesce(
                min(build_number)
                >= (select max_by(history_since, build_number) from raw.builds),
                false
            )
        from {{ found }}
    {%- endset -%}
    {{ return(run_query(continues).columns[0][0]) }}
{%- endmacro %}
