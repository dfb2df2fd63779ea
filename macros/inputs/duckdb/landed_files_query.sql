{# A query for the files of an input in their order, each with the number of rows before it. #}
{% macro landed_files_query(files) -%}
    select
        path,
        layout,
        source,
        sum(row_count) over (order by position) - row_count as rows_before
    from {{ files }}
    order by position
{%- endmacro %}
