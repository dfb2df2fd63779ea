{# One row of the manifest about a file: how many rows it holds and what its bytes hash to. `kind`
   is `input` or `report`; `name` is the file's without its ending, and that of a CTE with its rows.
   #}
{% macro manifest_row(kind, name) -%}
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
{%- endmacro %}
