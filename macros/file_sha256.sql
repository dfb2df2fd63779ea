{# SHA-256 of a file's bytes in hexadecimal. Null outside `dbt build`, which alone writes the files.
   #}
{% macro file_sha256(path) -%}
    {%- if execute and flags.WHICH == 'build' -%}
        {{ adapter.dispatch('file_sha256')(path) }}
    {%- else -%}
        cast(null as {{ type_string() }})
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__file_sha256(path) -%}
    (select sha256(content) from read_blob({{ sql_string(path) }}))
{%- endmacro %}
