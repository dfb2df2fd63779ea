{# One row of the manifest about a file: how many rows it holds and what its bytes hash to. `kind`
   is `input` or `report`; `name` is the file's without its ending, and that of a CTE with its rows.
   An input in landing may be many files, see `landed_manifest_row`. #}
{% macro manifest_row(kind, name) -%}
    {%- if kind == 'input' and execute and inputs_are_listed() -%}
        {{ landed_manifest_row(name) }}
    {%- else -%}
        {%- if kind == 'input' -%}
            {%- set file, path = name ~ '.csv', seed_path(name) -%}
        {%- else -%}
            {%- set file, path = name ~ '.json', report_path(name ~ '.json') -%}
        {%- endif -%}
        select
            {{ sql_string(kind) }} as kind,
            {{ sql_string(file) }} as file,
            (select count(*) from {{ name }}) as row_count,
            {{ file_sha256(path) }} as sha256
    {%- endif -%}
{%- endmacro %}

{# The row of the manifest about an input in landing: what was found when it was read. Many files
   are one row, whose `file` says which and whose hash is that of the list of their hashes. #}
{% macro landed_manifest_row(name) -%}
    {{ adapter.dispatch('landed_manifest_row')(name) }}
{%- endmacro %}

{% macro duckdb__landed_manifest_row(name) -%}
    select
        'input' as kind,
        {{ sql_string(name) }} || case when files.file_count > 1 then '/**/*' else '' end
        || files.ending as file,
        loads.row_count,
        loads.sha256
    from (
        select
            max_by(row_count, build_number) as row_count,
            max_by(sha256, build_number) as sha256
        from raw.input_loads
        where input_name = {{ sql_string(name) }}
    ) as loads
    cross join (
        select
            count(*) as file_count,
            regexp_extract(min(path), '[.][a-z]+$') as ending
        from raw.input_files
        where input_name = {{ sql_string(name) }}
    ) as files
{%- endmacro %}

{# On Spark a seed lists its files in the table `<name>_files`. The hash of many is not known where
   one of them was too large to be hashed. #}
{% macro spark__landed_manifest_row(name) -%}
    {%- set files = ref(name).incorporate(path={'identifier': name ~ '_files'}) -%}
    select
        'input' as kind,
        {{ sql_string(name) }} || if(count(*) > 1, '/**/*', '')
        || regexp_substr(min(path), '[.][a-z]+$') as file,
        sum(row_count) as row_count,
        case
            when count(*) = 1 then max(sha256)
            when count(*) = count(sha256)
                then sha2(array_join(transform(
                    sort_array(collect_list(struct(
                        position, concat(sha256, '  ', name, '\n') as line
                    ))),
                    file -> file.line
                ), ''), 256)
        end as sha256
    from {{ files }}
{%- endmacro %}

{# True where the manifest names the files that a seed has listed, and false where it is about those
   of `seeds/`. #}
{% macro inputs_are_listed() -%}
    {{ return(adapter.dispatch('inputs_are_listed')()) }}
{%- endmacro %}

{% macro duckdb__inputs_are_listed() -%}
    {{ return(landing() is not none) }}
{%- endmacro %}

{% macro spark__inputs_are_listed() -%}
    {{ return(true) }}
{%- endmacro %}
