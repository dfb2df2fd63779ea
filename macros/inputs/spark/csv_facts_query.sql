{# A query for facts about some files, one row per file: its first line that is not blank, a fault
   of its text, and whether it may have two kinds of line ends. #}
{% macro csv_facts_query(lines, files) -%}
    with

    file_lines as (
        select
            {{ path_of_row() }} as path,
            _metadata.file_block_start as block_start,
            monotonically_increasing_id() as line_order,
            line
        from {{ lines }}
        where {{ is_row_of(files) }}
    )

    select
        path,
        min_by(regexp_substr(line, '[^\r]+'), struct(block_start, line_order))
            filter (where block_start = 0 and line rlike '[^\r]') as header,
        case
            when bool_or(contains(line, char(0)))
                then
                    'contains NUL bytes. It is damaged or UTF-16 text. Export it again as'
                    || ' UTF-8.'
            when bool_or(not is_valid_utf8(line))
                then
                    'is not UTF-8 text. Save it as UTF-8, or name its encoding in var inputs'
                    || ' (docs/inputs.md).'
            when sum(length(line) - length(replace(line, '"', ''))) % 2 = 1
                then
                    'has a quote too many or too few. Correct it: a value with a quote inside'
                    || ' needs quotes around it, and the quote inside is doubled.'
        end as fault,
        bool_or(endswith(line, '\r')) and bool_or(not endswith(line, '\r')) as may_differ
    from file_lines
    group by path
{%- endmacro %}
