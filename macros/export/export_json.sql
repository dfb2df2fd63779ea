{# Writes the model that was just built for `<REPORTS_PATH>/<file_name>`; meant as its post-hook. It
   stands beside the report, which `publish_reports` replaces with all others when the build ends.

   Rows stand in the order of `order_by`, which must name a key, so that the same rows are the same
   bytes. Without `header` the file is an array of row objects. With `header`, a relation of one
   row, it is an object: the header's columns as keys (below one key `header_key` where that is
   given) and the rows in an array `rows_key`. Columns in `hidden` take part in the order alone.

   Reports may only rest on tested marts. `dbt build` runs the tests of a model before what stands
   on it; other commands do not, so they leave the files alone and say so. #}
{% macro export_json(
    file_name, order_by, hidden=[], header=none, header_key=none, rows_key=none
) -%}
    {%- if execute -%}
        {%- if flags.WHICH == 'build' -%}
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

{# Spark writes no file on this machine. The report is a view of lines: `section` is 0 for what
   stands before the rows, 1 for a row, 2 for what stands behind. `python -m warehouse fetch` puts
   the comma between two rows and writes the file. #}
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
