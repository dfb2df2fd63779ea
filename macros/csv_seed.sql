{# Loads a seed by letting DuckDB read the CSV. dbt's own path parses the file in Python first,
   guesses types and takes the word `null` for a missing value; here every column is text exactly as
   it stands in the file, and `source_row_number` keeps the order of the rows (1 = the first below
   the header).

   `assert_inputs` has checked the header by now. The table is replaced in one transaction, so a
   file that is refused leaves the rows of the one before it in place. #}
{% materialization seed, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set file_name = model.original_file_path -%}
    {%- set path = sql_string(adapter.get_seed_file_path(model)) -%}
    {%- set rejects = model.name ~ '_rejects' -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- do drop_rejects(rejects) -%}
    {% call statement('create') -%}
        create or replace table {{ target_relation }} as
        select
            row_number() over () as source_row_number,
            *
        from read_csv(
            {{ path }},
            auto_detect = false,
            header = true,
            delim = ',',
            quote = '"',
            escape = '"',
            encoding = 'utf-8',
            columns = { {%- for column in csv_header(path) -%}
                {{ sql_string(column) }}: 'varchar'{{ ', ' if not loop.last }}
            {%- endfor -%} },
            store_rejects = true,
            rejects_table = {{ sql_string(rejects) }},
            rejects_scan = {{ sql_string(rejects ~ '_scan') }},
            rejects_limit = 20
        )
    {%- endcall %}
    {%- do assert_csv_lines(file_name, rejects) -%}
    {%- set row_count = run_query('select count(*) from ' ~ target_relation).columns[0][0] -%}
    {%- do assert_csv_rows(file_name, row_count) -%}
    {%- do drop_rejects(rejects) -%}

    {% call noop_statement('main', 'INSERT ' ~ row_count, 'INSERT', row_count) -%}
        -- read by DuckDB from {{ file_name }}
    {%- endcall %}

    {#- what `dbt seed --show` prints -#}
    {%- set sample = run_query('select * from ' ~ target_relation ~ ' limit 10') -%}
    {%- do store_result('agate_table', response='OK', agate_table=sample) -%}

    {%- do persist_docs(target_relation, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{# The column names in the first line of a CSV file; an empty list where there is none. `path` is a
   quoted SQL string. Reads the line whole (unit separator as delimiter: no export contains it).
   A column without a name, which a comma at the end of the lines makes, is named by its place. #}
{% macro csv_header(path) -%}
    {%- set first_line -%}
        select line
        from read_csv(
            {{ path }},
            auto_detect = false,
            header = false,
            delim = chr(31),
            quote = '',
            escape = '',
            strict_mode = false,
            ignore_errors = true,
            columns = {'line': 'varchar'}
        )
        limit 1
    {%- endset -%}
    {%- set names = [] -%}
    {%- for row in run_query(first_line).rows if row[0] is not none -%}
        {%- for name in row[0].split(',') -%}
            {%- do names.append(name.strip().strip('"').strip() or 'column_' ~ loop.index) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{# Stops where lines of a CSV file are not valid CSV, listing them with their reasons. #}
{% macro assert_csv_lines(file_name, rejects) -%}
    {%- set lines = run_query(
        'select distinct line, error_message, csv_line from ' ~ rejects ~ ' order by line'
    ).rows -%}
    {%- if lines | length > 0 -%}
        {%- set listing = [] -%}
        {%- for line in lines -%}
            {%- do listing.append(
                'line ' ~ line[0] ~ ': ' ~ line[1] ~ ': ' ~ line[2] | truncate(80)
            ) -%}
        {%- endfor -%}
        {{ exceptions.raise_compiler_error(
            file_name ~ ' has lines that are not valid CSV, so nothing of it was loaded. Mend them'
            ~ ' (a comma inside a value needs double quotes around the value) and run again:\n'
            ~ listing | join('\n')
        ) }}
    {%- endif -%}
{%- endmacro %}

{# Stops where a CSV file has its header and nothing else, unless var `allow_empty_inputs` is set.
   #}
{% macro assert_csv_rows(file_name, row_count) -%}
    {%- if row_count == 0 and not var('allow_empty_inputs') -%}
        {{ exceptions.raise_compiler_error(
            file_name ~ ' has a header and no rows, which is nearly always a failed export. Put the'
            ~ " rows there, or, if there are none, run with --vars 'allow_empty_inputs: true'"
        ) }}
    {%- endif -%}
{%- endmacro %}

{# The reject tables of a scan live as long as the connection, so a second scan would add to them.
   #}
{% macro drop_rejects(rejects) -%}
    {%- do run_query('drop table if exists temp.' ~ rejects) -%}
    {%- do run_query('drop table if exists temp.' ~ rejects ~ '_scan') -%}
{%- endmacro %}
