{# SHA-256 of a file's bytes in hexadecimal; of a report, those that this build wrote where it did,
   and else those of the build before. Null outside `dbt build`, which alone writes the files. #}
{% macro file_sha256(path) -%}
    {%- if execute and writes_reports() -%}
        {{ adapter.dispatch('file_sha256')(path) }}
    {%- else -%}
        cast(null as {{ type_string() }})
    {%- endif -%}
{%- endmacro %}

{# A function of `warehouse/inputs/functions.py`. #}
{% macro duckdb__file_sha256(path) -%}
    file_sha256({{ sql_string(path) }})
{%- endmacro %}

{# Spark may not see the files of this machine, nor this machine those of the cluster: whoever
   fetches the reports fills it in. #}
{% macro spark__file_sha256(path) -%}
    cast(null as {{ type_string() }})
{%- endmacro %}
