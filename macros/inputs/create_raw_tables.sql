{# Makes the tables `game_events` and `players` if they do not exist, so that a build needs no API.
   The loader fills them, and makes the same tables if it runs first. Times are UTC. #}
{% macro create_raw_tables() -%}
    {{ adapter.dispatch('create_raw_tables')() }}
{%- endmacro %}

{% macro duckdb__create_raw_tables() -%}
    create schema if not exists raw;

    create table if not exists raw.game_events (
        event_id text primary key,
        user_id bigint,
        event_type text,
        occurred_at timestamp,
        received_at timestamp,
        meta text,
        loaded_at timestamp
    );

    create table if not exists raw.players (
        user_id bigint primary key,
        username text,
        created_at timestamp,
        balance bigint,
        loaded_at timestamp
    );

    -- in which earlier versions kept what their builds rested on
    drop table if exists raw.builds;
    drop table if exists raw.input_loads;
    drop table if exists raw.input_files
{%- endmacro %}

{% macro spark__create_raw_tables() -%}
    {%- do run_query('create schema if not exists raw') -%}
    {%- if flags.WHICH in ['build', 'run', 'seed'] -%}
        {%- do run_query('create schema if not exists ' ~ build_schema()) -%}
    {%- endif -%}
    {%- set events -%}
        create table if not exists raw.game_events (
            event_id string,
            user_id bigint,
            event_type string,
            occurred_at timestamp,
            received_at timestamp,
            meta string,
            loaded_at timestamp
        ) using parquet
    {%- endset -%}
    {%- set players -%}
        create table if not exists raw.players (
            user_id bigint,
            username string,
            created_at timestamp,
            balance bigint,
            loaded_at timestamp
        ) using parquet
    {%- endset -%}
    {%- do run_query(events) -%}
    {%- do run_query(players) -%}
{%- endmacro %}
