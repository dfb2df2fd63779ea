{# The row of the manifest for a report: its file, the number of its rows, the hash of its bytes. #}
{% macro report_manifest_row(name) -%}
    select
        'report' as kind,
        '{{ name }}.json' as file,
        (select count(*) from {{ ref('rpt_' ~ name) }}) as row_count,
        {{ file_sha256(report_path(name ~ '.json')) }} as sha256
{%- endmacro %}
