{# A query for the rows of some files of an input, as text and with their numbers. Parquet knows the
   number of a row in its file. Rows of a CSV file are sorted within it, by numbers that Spark gives
   them as it reads; what stands in the files before is one number for each. #}
{% macro part_rows_query(node, part, files) -%}
    select
        input_file.rows_before + file_row.row_in_file as source_row_number
        {%- for column in input_columns(node) %},
        file_row.{{ adapter.quote(column) }}
        {%- endfor %}
    from (
        select
            {{ path_of_row() }} as path,
            {%- if part.format == 'csv' %}
            row_number() over (partition by {{ path_of_row() }} order by row_order) as row_in_file,
            {%- else %}
            _metadata.row_index + 1 as row_in_file,
            {%- endif %}
            {%- for column in input_columns(node) %}
            {{ as_text(adapter.quote(column), part.types[column]) }} as {{ adapter.quote(column) }}
            {{- ',' if not loop.last }}
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
