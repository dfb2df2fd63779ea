{# A query for the Parquet files of an input with the layout and row count in the footer of each. #}
{% macro parquet_files_query(source) -%}
    select
        place.position,
        place.path,
        substr(place.path, {{ source.folder | length + 2 }}) as name,
        file_sha256(place.path) as sha256,
        layouts.layout,
        metadata.num_rows as row_count
    from ({{ landing_places_query(source) }}) as place
    inner join ({{ parquet_layouts_query(source.files) }}) as layouts
        on place.path = layouts.file_name
    inner join parquet_file_metadata({{ files_to_read(source.files) }}) as metadata
        on place.path = metadata.file_name
{%- endmacro %}
