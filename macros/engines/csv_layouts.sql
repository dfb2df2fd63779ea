{# The CSV files of an input by their headers, as objects with `files` and the `types` of their
   columns by name. Stops where a file lacks a column, is empty, or is no text that Spark reads as
   it stands: Spark would put a replacement for what is no UTF-8, and take the end of a file for the
   end of quotes. #}
{% macro csv_layouts(node, input, relation) -%}
    {%- set lines = relation ~ '_lines' -%}
    {%- do run_query(
        'create table ' ~ lines ~ " (line string) using text options (lineSep '\\n', "
        ~ folder_options(input.folder) ~ ')'
    ) -%}
    {%- set found = {} -%}
    {%- for row in run_query(csv_facts_query(lines, input.files)).rows -%}
        {%- do found.update({row[0]: row}) -%}
    {%- endfor -%}
    {%- set layouts = {} -%}
    {%- for file in input.files -%}
        {%- set told = input.origin if landing() is none else file -%}
        {%- set facts = found.get(bare_path(file)) -%}
        {%- if facts and facts[2] -%}
            {{ exceptions.raise_compiler_error(told ~ ' ' ~ facts[2]) }}
        {%- endif -%}
        {%- if facts and facts[3] -%}
            {%- do assert_line_ends(told, lines, file) -%}
        {%- endif -%}
        {%- set header = csv_names((facts[1] or '') if facts else '') -%}
        {%- do assert_columns(node, told, header) -%}
        {%- set layout = layouts.setdefault(
            tojson(header), {'files': [], 'types': csv_types(node, header)}
        ) -%}
        {%- do layout.files.append(file) -%}
    {%- endfor -%}
    {{ return(layouts.values() | list) }}
{%- endmacro %}

{# The column names in the first line of a CSV file, as Python's `csv` module splits it. #}
{% macro csv_names(line) -%}
    {%- set names = [] -%}
    {%- for quoted, plain in modules.re.findall(
        '(?:^|,) *(?:"((?:[^"]|"")*)"?)?([^,]*)', line
    ) if line -%}
        {%- do names.append((quoted.replace('""', '"') ~ plain).strip()) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{# A query for what the lines of some files tell, a row for each file: its first line that is not
   blank, what is wrong with its text, and whether it may have line ends of two kinds. #}
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
                    'holds NUL bytes. It is damaged, or it is UTF-16 text: export it again, as'
                    || ' UTF-8.'
            when bool_or(not is_valid_utf8(line))
                then 'is not UTF-8 text. Save it again as UTF-8.'
            when sum(length(line) - length(replace(line, '"', ''))) % 2 = 1
                then
                    'has a quote too many or too few. Mend it: a value with a quote inside stands'
                    || ' in quotes, and the quote inside is doubled.'
        end as fault,
        bool_or(endswith(line, '\r')) and bool_or(not endswith(line, '\r')) as may_differ
    from file_lines
    group by path
{%- endmacro %}

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
