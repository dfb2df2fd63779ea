{# Stops where lines of a CSV file end in two ways, of which Spark would take one for a part of the
   value before it. Inside of quotes they may, and the last line may have no end. Quotes are
   counted from the start of the file, in one task, which only a file has to go through whose lines
   look as if they differ. #}
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
