{# Reads the log of a Delta table. Returns an object: the names of the current `files`, and the last
   `batch_number` of the loader, 0 before the first. The versions are listed once, so that both
   belong to the same one. The log has one JSON file per version; from time to time delta-rs writes
   a checkpoint and removes JSON files older than a week. #}
{% macro lake_state(path) -%}
    {%- set versions = run_query(
        "select max(case when name rlike '^[0-9]{20}[.]json$' then left(name, 20) end),"
        ~ " max(case when name rlike '^[0-9]{20}[.]checkpoint[.]parquet$' then left(name, 20) end)"
        ~ " from (select substring_index(path, '/', -1) as name"
        ~ ' from binaryFile.`' ~ path ~ '/_delta_log`)'
    ) -%}
    {%- set version = versions.columns[0].values()[0] -%}
    {%- set checkpoint = versions.columns[1].values()[0] -%}
    {%- set actions -%}
        with

        logged as (
            select
                left(_metadata.file_name, 20) as version,
                from_json(
                    value,
                    'add struct<path: string>, remove struct<path: string>,
                    txn struct<appId: string, version: bigint>'
                ) as action
            from text.`{{ path }}/_delta_log/*.json`
            where
                _metadata.file_name <= '{{ version }}.json'
                {%- if checkpoint %} and _metadata.file_name > '{{ checkpoint }}.json'{% endif %}
        ),

        actions as (
            select
                version,
                action.add.path as added,
                action.remove.path as removed,
                case when action.txn.appId = 'gamehouse-loader' then action.txn.version end
                    as batch_number
            from logged
            {%- if checkpoint %}
            union all
            select
                '{{ checkpoint }}' as version,
                add.path as added,
                cast(null as string) as removed,
                case when txn.appId = 'gamehouse-loader' then txn.version end as batch_number
            from parquet.`{{ path }}/_delta_log/{{ checkpoint }}.checkpoint.parquet`
            {%- endif %}
        ),

        files as (
            select coalesce(added, removed) as file_path
            from actions
            where coalesce(added, removed) is not null
            group by coalesce(added, removed)
            having max_by(added is not null, version)
        ),

        final as (
            select substring_index(file_path, '/', -1) as file_name, 0 as batch_number
            from files
            union all
            select null as file_name, coalesce(max_by(batch_number, version), 0) as batch_number
            from actions
            where batch_number is not null
        )

        select * from final order by file_name
    {%- endset -%}
    {%- set state = run_query(actions) -%}
    {{- return({
        'files': state.columns[0].values() | select | list,
        'batch_number': state.columns[1].values() | map('int') | max,
    }) -}}
{%- endmacro %}
