{# Writes a report model to a file next to `<REPORTS_PATH>/<file_name>`; runs as its post-hook. At
   the end of the build, `publish_reports` replaces all reports together.

   Rows are in the order of `order_by`, which must be a key, so that the same rows give the same
   bytes. Without `header` the file is an array of row objects. With `header`, a relation of one
   row, it is an object: the header's columns as keys (below one key `header_key` where that is
   given) and the rows in an array `rows_key`. Columns in `hidden` are only for the order.

   Only `dbt build` writes reports, because it runs the tests of a model before the models that read
   it. Other commands log that they wrote no file. #}
{% macro export_json(
    file_name, order_by, hidden=[], header=none, header_key=none, rows_key=none
) -%}
    {%- if execute -%}
        {%- if writes_reports() -%}
            {{ adapter.dispatch('export_json')(
                file_name, order_by, hidden, header, header_key, rows_key
            ) }}
        {%- else -%}
            {%- do log(
                'Not written: ' ~ report_path(file_name) ~ '. Only `dbt build` writes reports,'
                ~ ' because it runs the tests before them.', info=true
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# One JSON text per line, written as a CSV of one column without quoting: DuckDB streams the lines
   in the order of the `union all`. The delimiter is a control character, which JSON always escapes.
   #}
{% macro duckdb__export_json(file_name, order_by, hidden, header, header_key, rows_key) -%}
{%- set row_text = "'{', " ~ json_members_text(this, hidden) ~ ", '}'" -%}
copy (
    with

    sorted_rows as not materialized (
        select *
        from {{ this }}
        order by {{ order_by | join(', ') }}
    )

    select {{ opening_line(header, header_key, rows_key) }} as line
    {{ 'from ' ~ header if header is not none }}
    union all
    select concat({{ row_text }}) as line
    from (from sorted_rows limit 1)
    union all
    select concat(',', {{ row_text }}) as line
    from (from sorted_rows offset 1)
    union all
    select {{ closing_line(header) }} as line
)
to {{ sql_string(report_path(file_name) ~ '.next') }}
(format csv, header false, quote '', escape '', delimiter e'\x01', use_tmp_file false)
{%- endmacro %}

{# Spark cannot write a file on this machine. The report is a view of lines: `section` is 0 before
   the rows, 1 for a row and 2 after the rows. `python -m warehouse fetch` adds the commas between
   rows and writes the file. #}
{% macro spark__export_json(file_name, order_by, hidden, header, header_key, rows_key) -%}
{%- set report = build_relation(this.incorporate(type='view')) -%}
create view {{ build_schema() }}.json_{{ file_name.removesuffix('.json') }} as
with

row_lines as (
    select
        1 as section,
        concat('{', {{ json_members_text(report, hidden) }}, '}') as line,
        {%- for key in order_by %}
        {{ key }} as sort_key_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ report }}
),

outer_lines as (
    select
        0 as section,
        {{ opening_line(header, header_key, rows_key) }} as line
    {{ 'from ' ~ header if header is not none }}
    union all
    select 2 as section, {{ closing_line(header) }} as line
),

all_lines as (
    select * from row_lines
    union all
    select
        *,
        {%- for key in order_by %}
        null as sort_key_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from outer_lines
)

select section, line
from all_lines
order by section{% for key in order_by %}, sort_key_{{ loop.index }}{% endfor %}
{%- endmacro %}
