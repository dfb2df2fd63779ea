{# A query for the rows of an input, whose files the table `files` lists, as text: with the columns
   that the input must have and, where all of them are CSV with the same header, those they have
   beside.

   Row numbers count over all files in the order of their paths. Columns go by their names, so that
   files may differ in the order of theirs, and in what else they have. Only files that are alike
   are read together, since DuckDB would take the first one's types for all of them. #}
{% macro landed_rows(node, files) -%}
    {%- set groups = [] -%}
    {%- for file in run_query(landed_files_query(files)).rows -%}
        {#- the rows of CSV files can only be counted as they come, so these must be neighbours -#}
        {%- set alike = groups | selectattr('layout', 'equalto', file[1]) | list -%}
        {%- if file[0].endswith('.csv') -%}
            {%- set alike = groups[-1:] | selectattr('layout', 'equalto', file[1]) | list -%}
        {%- endif -%}
        {%- if not alike -%}
            {%- do groups.append({'layout': file[1], 'paths': [], 'rows_before': []}) -%}
            {%- set alike = groups[-1:] -%}
        {%- endif -%}
        {%- do alike[0].paths.append(file[0]) -%}
        {%- do alike[0].rows_before.append(file[2] | int) -%}
    {%- endfor -%}
    {%- for group in groups -%}
        {%- if group.paths[0].endswith('.csv') %}
            {{ landed_csv_rows(node, group, has_all=groups | length == 1) }}
        {%- else %}
            {{ landed_parquet_rows(node, group) }}
        {%- endif %}
        {{ 'union all' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# A query for the files of an input in their order, each with the number of rows before it. #}
{% macro landed_files_query(files) -%}
    select
        path,
        layout,
        sum(row_count) over (order by position) - row_count as rows_before
    from {{ files }}
    order by position
{%- endmacro %}

{# `row_number() over ()` numbers rows as they come, which is the order of the files and of their
   lines, on one thread. With `has_all`, further columns are there, too. #}
{% macro landed_csv_rows(node, group, has_all) -%}
    {%- set types = csv_types(node, fromjson(group.layout)) -%}
    select
        {{ group.rows_before[0] }} + row_number() over () as source_row_number
        {%- for column in (types if has_all else input_columns(node)) %},
        {{ adapter.quote(column) }}
        {%- endfor %}
    from read_csv(
        {{ files_to_read(group.paths) }},
        {{ csv_options(types) }}
    )
{%- endmacro %}

{# A Parquet file knows the number of each of its rows, so that many threads may read it. #}
{% macro landed_parquet_rows(node, group) -%}
    {%- set types = parquet_columns(group.paths[0]) -%}
    select
        cast(
            {{ group.rows_before }}[cast(file_index as bigint) + 1] + file_row_number + 1 as bigint
        ) as source_row_number
        {%- for column in input_columns(node) %},
        {{ as_text(adapter.quote(column), types[column]) }} as {{ adapter.quote(column) }}
        {%- endfor %}
    from read_parquet({{ files_to_read(group.paths) }}, {{ parquet_options() }})
{%- endmacro %}

{# The value of a typed column as text. Engines print doubles differently (1e7, 1.0E7), so they go
   through a decimal, and there through their shortest text: a cast of 12345678912.91 itself, or of
   a 32-bit 4.99, finds digits that nobody wrote. What no decimal holds keeps its text, and is
   refused with it. #}
{% macro as_text(column, type) -%}
    {%- if api.Column(column, type).is_float() -%}
        coalesce(
            {{ decimal_text('try_cast(cast(' ~ column ~ ' as string) as decimal(38, 10))', 10) }},
            cast({{ column }} as string)
        )
    {%- elif 'decimal' in type | lower -%}
        {{ decimal_text(column, modules.re.search('([0-9]*)[)]?$', type).group(1) | int) }}
    {%- else -%}
        cast({{ column }} as string)
    {%- endif -%}
{%- endmacro %}

{# A decimal with so many digits behind the point as text, which has them all. #}
{% macro decimal_text(value, scale) -%}
    {{ adapter.dispatch('decimal_text')(value, scale) }}
{%- endmacro %}

{% macro duckdb__decimal_text(value, scale) -%}
    cast({{ value }} as string)
{%- endmacro %}

{# Spark gives what is less than a millionth an exponent, unless it stands behind a 1. #}
{% macro spark__decimal_text(value, scale) -%}
    case
        when abs({{ value }}) < 0.000001
            then concat(
                if({{ value }} < 0, '-0', '0'),
                substr(
                    cast(1 + cast(abs({{ value }}) as decimal({{ scale + 1 }}, {{ scale }}))
                    as string), 2
                )
            )
        else cast({{ value }} as string)
    end
{%- endmacro %}
