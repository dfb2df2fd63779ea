{# The row of the manifest for an input, from the table `<name>_files`. Many files are one row:
   `file` is a pattern, and the hash is that of the list of their hashes. #}
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
    having sum(row_count) > 0 or '{{ name }}' != 'exchange_rates'
{%- endmacro %}
