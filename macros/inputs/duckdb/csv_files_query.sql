{# A query for the CSV files of an input with the hash, header and row count that Python computes
   for each. #}
{% macro csv_files_query(source) -%}
    {%- set delimiter = sql_string(source.delimiter) -%}
    select
        position,
        path,
        substr(original, {{ source.folder | length + 2 }}) as name,
        file_sha256(original) as sha256,
        csv_header(path, {{ delimiter }}) as layout,
        csv_row_count(path, {{ delimiter }}) as row_count,
        file_facts(path) as facts
    from ({{ landing_places_query(source) }}) as place
{%- endmacro %}
