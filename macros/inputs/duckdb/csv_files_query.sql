{# A query for the CSV files of an input with what Python tells of each. #}
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
