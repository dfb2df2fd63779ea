{# Loads a seed on Spark as `csv_seed.sql` does on DuckDB: every column is text as it stands in the
   file, and `source_row_number` keeps the order of the rows. A value of nothing is null, quoted or
   not. Lines that are no CSV stop the build. #}
{% materialization seed, adapter='spark' %}
    {%- if var('landing', none) or env_var('LANDING', '') -%}
        {{ exceptions.raise_compiler_error(
            'Spark reads the files in seeds/ alone. Unset var landing and LANDING, and put the'
            ~ ' exports there'
        ) }}
    {%- endif -%}
    {%- set target_relation = build_relation(this.incorporate(type='table')) -%}
    {%- set file_name, path = model.original_file_path, seed_path(model.name) | trim -%}
    {%- set header = spark_csv_header(path) -%}
    {%- do assert_csv_header(file_name, header, model.columns.keys() | list) -%}

    {{ run_hooks(pre_hooks) }}

    {%- set file = target_relation ~ '_file' -%}
    {%- do run_query(spark_csv_file(file, header, path)) -%}
    {% call statement('load') -%}
        create table {{ target_relation }} using parquet as
        {{ spark_csv_rows(file, header) }}
    {%- endcall %}
    {%- set row_count = run_query('select count(*) from ' ~ target_relation).columns[0][0] -%}
    {%- do assert_csv_rows(file_name, row_count) -%}
    {% call noop_statement('main', 'INSERT ' ~ row_count, 'INSERT', row_count) -%}
        -- read by Spark from {{ path }}
    {%- endcall %}

    {#- what `dbt seed --show` prints -#}
    {%- set sample = run_query('select * from ' ~ target_relation ~ ' limit 10') -%}
    {%- do store_result('agate_table', response='OK', agate_table=sample) -%}

    {{ run_hooks(post_hooks) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{# The column names in the first line of a CSV file; an empty list where there is none. #}
{% macro spark_csv_header(path) -%}
    {%- set first_line = run_query(
        'select value from text.`' ~ path ~ '` limit 1'
    ).rows -%}
    {%- set names = [] -%}
    {%- for row in first_line -%}
        {%- for name in row[0].lstrip('\ufeff').split(',') -%}
            {%- do names.append(name.strip().strip('"').strip() or 'column_' ~ loop.index) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{# The file as it is, read where it lies. A line with too few or too many values, or text beside
   the quotes of a value, is an error. `multiLine` keeps line breaks inside of quotes, and a file in
   one piece. #}
{% macro spark_csv_file(name, header, path) -%}
create table {{ name }} (
    {%- for column in header %}
    {{ adapter.quote(column) }} string{{ ',' if not loop.last }}
    {%- endfor %}
)
using csv
options (
    path {{ sql_string(path) }},
    header 'true',
    enforceSchema 'true',
    multiLine 'true',
    quote '"',
    escape '"',
    mode 'FAILFAST',
    columnPruning 'false',
    unescapedQuoteHandling 'RAISE_ERROR',
    maxCharsPerColumn '-1'
)
{%- endmacro %}

{# The rows of the file, numbered: files in the order of their paths, rows in that of the file. Rows
   are only sorted within a file; what stands in the files before is one number for each. #}
{% macro spark_csv_rows(file, header) -%}
with

file_rows as (
    select
        *,
        _metadata.file_path as source_file,
        monotonically_increasing_id() as row_order
    from {{ file }}
),

file_sizes as (
    select
        source_file,
        count(*) as row_count
    from file_rows
    group by source_file
),

file_starts as (
    select
        source_file,
        sum(row_count) over (order by source_file) - row_count as rows_before
    from file_sizes
)

select
    file_starts.rows_before
    + row_number() over (partition by file_rows.source_file order by file_rows.row_order)
        as source_row_number,
    {%- for column in header %}
    nullif(file_rows.{{ adapter.quote(column) }}, '') as {{ adapter.quote(column) -}}
    {{ ',' if not loop.last }}
    {%- endfor %}
from file_rows
inner join file_starts
    on file_rows.source_file = file_starts.source_file
{%- endmacro %}
