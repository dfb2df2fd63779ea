{# Numbers the build and decides how far back its history reaches.

   Incremental models only work on what changed. That gives what a full refresh gives as long as the
   rules are the same and the inputs have only grown. `raw.builds` therefore keeps, for each build,
   the first build since which both holds, `history_since`: a table with rows of an earlier build is
   made anew (see `should_full_refresh`). #}
{% macro begin_build() -%}
    {%- if execute and flags.WHICH in ['build', 'run', 'seed'] -%}
        {{ adapter.dispatch('begin_build')() }}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__begin_build() -%}
    {%- set rules_sha256 = run_query(rules_sha256_query()).columns[0][0] -%}
    {%- set replaced = [] -%}
    {%- for node in graph.nodes.values() if feeds_incremental_models(node) -%}
        {%- if input_growth(node) == 'replaced' -%}
            {%- do replaced.append(node.original_file_path) -%}
        {%- endif -%}
    {%- endfor -%}
    insert into raw.builds
    with

    this_build as (
        select
            coalesce(max(build_number), 0) + 1 as build_number,
            {{ sql_string(rules_sha256) }} as rules_sha256
        from raw.builds
    )

    select
        this_build.build_number,
        case
            when this_build.rules_sha256 = previous.rules_sha256
                and not {{ flags.FULL_REFRESH or replaced | length > 0 }}
                then previous.history_since
            else this_build.build_number
        end as history_since,
        this_build.rules_sha256
    from this_build
    left join raw.builds as previous
        on this_build.build_number - 1 = previous.build_number
{%- endmacro %}

{# Lets the history begin with this build, where an input was replaced after the build had begun: a
   table that holds rows from before is made anew, by this build or the next. #}
{% macro begin_history() -%}
    {%- do run_query(
        'update raw.builds set history_since = build_number where build_number = '
        ~ build_number() ~ ' and history_since < build_number'
    ) -%}
{%- endmacro %}

{# On Spark every build is a whole one, see `materializations/spark.sql`. #}
{% macro spark__begin_build() -%}
    {%- do run_query('create schema if not exists ' ~ build_schema()) -%}
{%- endmacro %}

{# The number of this build. #}
{% macro build_number() -%}
    {{ adapter.dispatch('build_number')() }}
{%- endmacro %}

{# 1 for the first one of the warehouse. #}
{% macro duckdb__build_number() -%}
    (select max(build_number) from raw.builds)
{%- endmacro %}

{# The time it began, since nothing on Spark counts builds. #}
{% macro spark__build_number() -%}
    cast({{ run_started_at.strftime('%Y%m%d%H%M%S') }} as bigint)
{%- endmacro %}

{# True for an input that an incremental model reads. #}
{% macro feeds_incremental_models(node) -%}
    {%- set readers = [] -%}
    {%- for reader in graph.nodes.values()
        if node.resource_type == 'seed'
        and reader.config.materialized == 'incremental'
        and node.unique_id in reader.depends_on.nodes -%}
        {%- do readers.append(reader.name) -%}
    {%- endfor -%}
    {{ return(readers | length > 0) }}
{%- endmacro %}

{# A query for what decides about the contents of a table besides the inputs: the project's code and
   settings, the programs that run it. Every file counts, because following which macro a model
   calls is not worth the refresh that it might save. `as_of_date` counts not: no incremental model
   reads it. #}
{% macro rules_sha256_query() -%}
    {%- set given = dict(invocation_args_dict.vars or {}) -%}
    {%- do given.pop('as_of_date', none) -%}
    select
        sha256(
            concat(
                {{ sql_string(tojson(given, sort_keys=true)) }},
                {{ sql_string(dbt_version) }},
                version(),
                string_agg(filename || chr(0) || content, chr(0) order by filename)
            )
        ) as rules_sha256
    from read_text([
        'dbt_project.yml', 'macros/**/*.sql', 'models/**/*.sql', 'models/**/*.yml'
    ])
{%- endmacro %}
