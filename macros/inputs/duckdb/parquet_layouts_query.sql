{# A query for the `layout` of Parquet files: equal where names and types of all columns are. #}
{% macro parquet_layouts_query(paths) -%}
    select
        file_name,
        md5(string_agg(
            concat_ws(
                chr(31), name, type, converted_type, logical_type, num_children, duckdb_type
            ),
            chr(30)
            order by column_id
        )) as layout
    from parquet_schema({{ files_to_read(paths) }})
    group by file_name
{%- endmacro %}
