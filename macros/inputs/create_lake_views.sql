{# If EVENTS_URI is set, makes the views `raw.game_events_in_lake` and `raw.players_in_lake`, which
   `source('api', ...)` then uses, over the current Parquet files of the lake: the events, and the
   players as of the last batch of these events. So a whole build reads one state, even if the
   loader or a compaction writes meanwhile. The tables `raw.game_events` and `raw.players` are not
   changed. #}
{% macro create_lake_views() -%}
    {%- if execute and env_var('EVENTS_URI', '') -%}
        {{ adapter.dispatch('create_lake_views')() }}
    {%- endif -%}
{%- endmacro %}

{# `warehouse/loader/lake.py` reads the log with delta-rs. #}
{% macro duckdb__create_lake_views() -%}
    {%- set pinned = run_query('select pin_lake(' ~ sql_string(env_var('EVENTS_URI')) ~ ')') -%}
    {%- set lake = fromjson(pinned.columns[0].values()[0]) -%}
    {%- do log(lake.told, info=true) -%}
    create or replace view raw.game_events_in_lake as {{ lake.game_events }};
    create or replace view raw.players_in_lake as {{ lake.players }}
{%- endmacro %}

{# Spark reads the log with SQL. The views name their files: Spark prunes files by the filter on
   `_metadata` at planning, so it opens neither files that a compaction has replaced nor those that
   the loader is writing. #}
{% macro spark__create_lake_views() -%}
    {%- set uri = env_var('EVENTS_URI').rstrip('/') -%}
    {%- if '://' not in uri and not uri.startswith('/') -%}
        {%- do exceptions.raise_compiler_error(
            'EVENTS_URI is "' ~ uri ~ '". Spark runs in other folders than dbt: set it to an'
            ~ ' absolute path or an address such as s3a://bucket/folder.'
        ) -%}
    {%- endif -%}
    {%- set events = lake_state(uri ~ '/game_events') -%}
    {%- set players = lake_state(uri ~ '/players') -%}
    {%- do log('Events of ' ~ uri ~ ', as of batch ' ~ events.batch_number, info=true) -%}
    {%- set event_columns = [
        ('event_id', 'string'),
        ('user_id', 'bigint'),
        ('event_type', 'string'),
        ('occurred_at', 'timestamp'),
        ('received_at', 'timestamp'),
        ('meta', 'string'),
        ('loaded_at', 'timestamp'),
        ('received_date', 'date'),
    ] -%}
    {%- set player_columns = [
        ('user_id', 'bigint'),
        ('username', 'string'),
        ('created_at', 'timestamp'),
        ('balance', 'bigint'),
        ('loaded_at', 'timestamp'),
        ('batch_number', 'bigint'),
    ] -%}
    {%- do create_file_views('game_events_in_lake', uri ~ '/game_events', event_columns, events) -%}
    {%- do create_file_views('all_players_in_lake', uri ~ '/players', player_columns, players) -%}
    {%- call statement() -%}
        create or replace view raw.players_in_lake as
        select user_id, username, created_at, coalesce(balance, 0) as balance, loaded_at
        from (
            select *
            from raw.all_players_in_lake
            where batch_number <= {{ events.batch_number }}
            qualify
                row_number() over (
                    partition by user_id order by balance is not null desc, batch_number desc
                ) = 1
        )
    {%- endcall -%}
{%- endmacro %}
