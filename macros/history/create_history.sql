{# Makes the tables in which builds record what they report, see `record_build`. Runs in
   `on-run-start`. They are no models, so that `dbt build --full-refresh` does not empty them, and a
   build that fails has not written to them. #}
{% macro create_history() -%}
    {{ adapter.dispatch('create_history')() }}
{%- endmacro %}

{# The table function is for `python -m warehouse diff`. #}
{% macro duckdb__create_history() -%}
    create schema if not exists history;
    {%- for name, columns in history_tables().items() %}
    create table if not exists history.{{ name }} ({{ columns | join(', ') }});
    {%- endfor %}
    create or replace macro history.changes(from_build, to_build) as table (
        {{ changes_between('from_build', 'to_build') }}
    )
{%- endmacro %}

{# One script, because each statement sent to the server takes a good part of a second. #}
{% macro spark__create_history() -%}
begin
    create schema if not exists history;
    {%- for name, columns in history_tables().items() %}
    create table if not exists history.{{ name }} ({{ columns | join(', ') }}) using parquet;
    {%- endfor %}
end
{%- endmacro %}
