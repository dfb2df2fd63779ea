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

{# What stands before the rows, as an expression on the header, if there is one. #}
{% macro opening_line(header, header_key, rows_key) -%}
    {%- if header is none -%}
        '['
    {%- else -%}
        {%- set opening = '{"' ~ header_key ~ '":{' if header_key is not none else '{' -%}
        {%- set closing = '}' if header_key is not none else '' -%}
        concat('{{ opening }}', {{ json_members_text(header) }}, '{{ closing }},"{{ rows_key }}":[')
    {%- endif -%}
{%- endmacro %}

{# What stands behind the rows. #}
{% macro closing_line(header) -%}
    '{{ ']' if header is none else ']}' }}'
{%- endmacro %}

{# The members of a JSON object for a row of a relation, keys in the order of its columns. Amounts
   keep their exact digits; times are ISO 8601 in UTC with `Z`, and with a fraction only where there
   is one. #}
{% macro json_members_text(relation, hidden=[]) -%}
    {%- set columns = adapter.get_columns_in_relation(relation) -%}
    concat(
        {%- for column in columns | rejectattr('name', 'in', hidden) %}
        '{{ ',' if not loop.first }}"{{ column.name }}":',
        coalesce({{ json_value_text(column) }}, 'null'){{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{% macro json_value_text(column) -%}
    {{ adapter.dispatch('json_value_text')(column) }}
{%- endmacro %}

{# Decimals of up to 18 digits are numbers of 64 bits, which DuckDB writes in a third of the time
   of wider ones. Most are whole or end with cents, and `rtrim` would take as long as all the rest.
   #}
{% macro duckdb__json_value_text(column) -%}
    {%- set name, type = adapter.quote(column.name), column.dtype | upper -%}
    {%- if type.startswith('DECIMAL') and not type.endswith(',0)') -%}
        {%- set scale = type.split(',')[1] | replace(')', '') | trim -%}
        {%- set short = 'try_cast(' ~ name ~ ' as decimal(18, ' ~ scale ~ '))' %}
        case
            when {{ short }} % 1 = 0 then cast(cast({{ short }} as bigint) as varchar)
            when {{ short }} % 0.01 = 0 and {{ short }} % 0.1 != 0
                then cast(cast({{ short }} as decimal(18, 2)) as varchar)
            else rtrim(rtrim(
                coalesce(cast({{ short }} as varchar), cast({{ name }} as varchar)), '0'
            ), '.')
        end
    {%- elif type == 'TIMESTAMP' -%}
        case
            when {{ name }} = date_trunc('second', {{ name }})
                then strftime({{ name }}, '"%Y-%m-%dT%H:%M:%SZ"')
            else strftime({{ name }}, '"%Y-%m-%dT%H:%M:%S.%fZ"')
        end
    {%- else -%}
        cast(to_json({{ name }}) as varchar)
    {%- endif -%}
{%- endmacro %}

{# A decimal of less than a millionth has an exponent on Spark, and so has 0 where it has more than
   six places. #}
{% macro spark__json_value_text(column) -%}
    {%- set name, type = adapter.quote(column.name), column.dtype | upper -%}
    {%- if type.startswith('DECIMAL') and not type.endswith(',0)') -%}
        case
            when {{ name }} = 0 then '0'
            when abs({{ name }}) < 0.000001 then cast({{ name }} as string)
            else rtrim('.', rtrim('0', cast({{ name }} as string)))
        end
    {%- elif type == 'TIMESTAMP' -%}
        case
            when {{ name }} = date_trunc('second', {{ name }})
                then {{ spark_json_time(name, 'HH:mm:ss') }}
            else {{ spark_json_time(name, 'HH:mm:ss.SSSSSS') }}
        end
    {%- elif type in ['STRING', 'DATE'] -%}
        substr(to_json(array({{ name }})), 2, length(to_json(array({{ name }}))) - 2)
    {%- else -%}
        cast({{ name }} as string)
    {%- endif -%}
{%- endmacro %}

{% macro spark_json_time(name, clock) -%}
    concat(
        '"', date_format({{ name }}, 'yyyy-MM-dd'),
        'T', date_format({{ name }}, '{{ clock }}'), 'Z"'
    )
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
