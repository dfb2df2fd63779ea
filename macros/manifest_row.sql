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

{# The row of the manifest about an input in landing, from the table `<name>_files`. Many files are
   one row, whose `file` says which and whose hash is that of the list of their hashes. #}
{% macro landed_manifest_row(name) -%}
    select
        'input' as kind,
        concat(
            {{ sql_string(name) }},
            case when count(*) > 1 then '/**/*' else '' end,
            regexp_extract(min(path), '[.][a-z]+$', 0)
        ) as file,
        cast(sum(row_count) as bigint) as row_count,
        case
            when count(*) = 1 then max(sha256)
            else {{ sha256_of_files() }}
        end as sha256
    from {{ landed_files_relation(ref(name)) }}
{%- endmacro %}

{# The hash of the lines that `sha256sum` prints for all files of an input in the folder they are
   in. #}
{% macro sha256_of_files() -%}
    {{ adapter.dispatch('sha256_of_files')() }}
{%- endmacro %}

{% macro duckdb__sha256_of_files() -%}
    sha256(string_agg(concat(sha256, '  ', name, chr(10)), '' order by position))
{%- endmacro %}

{# Not known where one of them was too large to be hashed. #}
{% macro spark__sha256_of_files() -%}
    if(
        count(*) = count(sha256),
        sha2(array_join(transform(
            sort_array(collect_list(struct(
                position, concat(sha256, '  ', name, '\n') as line
            ))),
            file -> file.line
        ), ''), 256),
        null
    )
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
