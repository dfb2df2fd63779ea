{# The row of the manifest about a report, whose rows the CTE of its name has: how many they are and
   what its bytes hash to. #}
{% macro report_manifest_row(name) -%}
    select
        'report' as kind,
        '{{ name }}.json' as file,
        (select count(*) from {{ name }}) as row_count,
        {{ file_sha256(report_path(name ~ '.json')) }} as sha256
{%- endmacro %}

{# The row of the manifest about an input, from the table `<name>_files`. Many files are one row,
   whose `file` says which and whose hash is that of the list of their hashes. #}
{% macro input_manifest_row(name) -%}
    select
        'input' as kind,
        concat(
            '{{ name }}',
            case when count(*) > 1 then '/**/*' else '' end,
            regexp_extract(min(path), '[.][a-z]+$', 0)
        ) as file,
        cast(sum(row_count) as bigint) as row_count,
        case
            when count(*) = 1 then max(sha256)
            else {{ sha256_of_files() }}
        end as sha256
    from {{ files_relation(ref(name)) }}
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
