{# Makes the tables that the API's loader fills where they do not exist yet, so that a build needs
   no API. The loader makes the same ones where it comes first. Times are UTC. #}
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
    )
{%- endmacro %}
