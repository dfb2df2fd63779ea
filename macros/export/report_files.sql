{# A query for the files in the report folder: name and SHA-256 of each. #}
{% macro report_files() -%}
    {{ adapter.dispatch('report_files')() }}
{%- endmacro %}

{% macro duckdb__report_files() -%}
    select
        parse_filename(file) as file,
        file_sha256(file) as sha256
    from glob({{ sql_string(report_path('*.json')) }})
{%- endmacro %}

{# The files are on the machine that fetched them; the cluster cannot read them. #}
{% macro spark__report_files() -%}
    select
        cast(null as {{ type_string() }}) as file,
        cast(null as {{ type_string() }}) as sha256
    limit 0
{%- endmacro %}
