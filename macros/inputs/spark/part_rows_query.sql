{# A query for the numbered rows of some files of an input, as text. Parquet has the number of a row
   in its file. Rows of a CSV file are sorted by the numbers that Spark assigns as it reads. Each
   file adds the number of rows in the files before it. #}
{% macro part_rows_query(node, part, files) -%}
    {%- set columns = part_columns(node, part) -%}
    select
        input_file.rows_before + file_row.row_in_file as source_row_number
        {%- if part.mapping %},
        file_row.path as source_file_path
        {%- endif %}
        {%- for column in columns %},
        file_row.{{ adapter.quote(column) }}
        {%- endfor %}
    from (
        select
            {{ path_of_row() }} as path,
            {%- if part.format == 'csv' %}
            row_number() over (partition by {{ path_of_row() }} order by row_order) as row_in_file
            {%- else %}
            _metadata.row_index + 1 as row_in_file
            {%- endif %}
            {%- for column, value in columns.items() %},
            {{ value }} as {{ adapter.quote(column) }}
            {%- endfor %}
        from
            {%- if part.format == 'csv' %} (
            select
                *,
                _metadata,
                monotonically_increasing_id() as row_order
            from {{ part.table }}
            where {{ is_row_of(part.files) }}
        )
            {%- else %} {{ part.table }}
        where {{ is_row_of(part.files) }}
            {%- endif %}
    ) as file_row
    inner join {{ files }} as input_file
        on file_row.path = input_file.path
{%- endmacro %}
