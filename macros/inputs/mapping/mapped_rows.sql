{# A query for the rows of `source`, a query with the columns `source_row_number`,
   `source_file_path` and c1, c2, ..., as the canonical columns of an input, all of them text.
   `mapped` is what `mapped_columns` tells. #}
{% macro mapped_rows(mapped, mapping, source) -%}
    select
        source_row_number
        {%- for column in mapped['values'] %},
        {{ canonical_text(column, mapping) }} as {{ adapter.quote(column) }}
        {%- endfor %}
    from (
        select
            source_row_number
            {%- for column, value in mapped['values'].items() %},
            {{ zulu_text(value) if column.endswith('_utc') else value }}
                as {{ adapter.quote(column) }}
            {%- endfor %}
        from (
            select
                source_row_number,
                source_file_path
                {%- for place in mapped.places | unique %},
                {{ known_text('c' ~ place, mapping) }} as c{{ place }}
                {%- endfor %}
            from (
                {{ source }}
            ) as file_row
        ) as known_row
    ) as mapped_row
{%- endmacro %}
