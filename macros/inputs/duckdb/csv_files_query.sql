{# A query for the CSV files of an input with the hash, header and row count that Python computes
   for each. #}
{% macro csv_files_query(input) -%}
    select
        position,
        path,
        substr(path, {{ input.folder | length + 2 }}) as name,
        file_sha256(path) as sha256,
        csv_header(path) as layout,
        csv_row_count(path) as row_count,
        file_facts(path) as facts
    from ({{ landing_places_query(input) }}) as place
{%- endmacro %}
