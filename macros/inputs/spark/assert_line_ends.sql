{# Stops the build if lines of a CSV file end in two ways: Spark would read one of them as part of
   the value before it. Line breaks inside of quotes may differ, and the last line may have no end.
   It counts quotes from the start of the file in one task, so `csv_facts_query` selects the files
   that need it. #}
{% macro assert_line_ends(told, lines, file) -%}
    {%- set ends -%}
        with

        file_lines as (
            select
                struct(_metadata.file_block_start, monotonically_increasing_id()) as line_order,
                line
            from {{ lines }}
            where {{ is_row_of([file]) }}
        ),

        numbered as (
            select
                row_number() over (order by line_order) as line_number,
                if(endswith(line, '\r'), 'CRLF', 'LF') as line_end,
                sum(length(line) - length(replace(line, '"', ''))) over (order by line_order) % 2
                = 0 as is_end_of_row,
                lead(line_order) over (order by line_order) is null as is_last
            from file_lines
        )

        select
            line_end,
            min(line_number) as first_line
        from numbered
        where is_end_of_row and not is_last
        group by line_end
        order by 2
    {%- endset -%}
    {%- set kinds = run_query(ends).rows -%}
    {%- if kinds | length > 1 -%}
        {{ exceptions.raise_compiler_error(
            told ~ ' has different line ends: line ' ~ kinds[1][1] ~ ' ends with ' ~ kinds[1][0]
            ~ ', the lines before it with ' ~ kinds[0][0] ~ '. Save it again with one kind.'
        ) }}
    {%- endif -%}
{%- endmacro %}
