{# A query for the Parquet files of an input with the layout and row count in the footer of each. #}
{% macro parquet_files_query(input) -%}
    select
        place.position,
        place.path,
        substr(place.path, {{ input.folder | length + 2 }}) as name,
        file_sha256(place.path) as sha256,
        layouts.layout,
        metadata.num_rows as row_count
    from ({{ landing_places_query(input) }}) as place
    inner join ({{ parquet_layouts_query(input.files) }}) as layouts
        on place.path = layouts.file_name
    inner join parquet_file_metadata({{ files_to_read(input.files) }}) as metadata
        on place.path = metadata.file_name
{%- endmacro %}
