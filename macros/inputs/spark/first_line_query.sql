{# A query for the first line of a file, and whether the file is UTF-16. #}
{% macro first_line_query(file, folder) -%}
    select
        is_utf16,
        regexp_substr(
            if(is_utf16, decode(content, 'UTF-16'), cast(content as string)), '[^\r\n]+'
        ) as line
    from (
        select
            hex(substring(content, 1, 2)) in ('FFFE', 'FEFF') as is_utf16,
            substring(content, 1, 100000) as content
        from {{ folder_listing(folder) }}
        where {{ is_row_of([file]) }}
    ) as beginning
{%- endmacro %}
