{# SHA-256 of a file in hexadecimal. For a report, the file is the one that this build wrote, or
   else the published one. Null outside `dbt build`, the only command that writes reports. #}
{% macro file_sha256(path) -%}
    {%- if execute and writes_reports() -%}
        {{ adapter.dispatch('file_sha256')(path) }}
    {%- else -%}
        cast(null as {{ type_string() }})
    {%- endif -%}
{%- endmacro %}

{# Calls a function of `warehouse/inputs/functions.py`. #}
{% macro duckdb__file_sha256(path) -%}
    file_sha256({{ sql_string(path) }})
{%- endmacro %}

{# The cluster cannot read the files of this machine: `python -m warehouse fetch` fills in the hash.
   #}
{% macro spark__file_sha256(path) -%}
    cast(null as {{ type_string() }})
{%- endmacro %}
