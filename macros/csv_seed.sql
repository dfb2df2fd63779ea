{# Loads a seed by letting DuckDB read the CSV. dbt's own path parses the file in Python first,
   guesses types and takes the word `null` for a missing value; here every column is text exactly as
   it stands in the file, and `source_row_number` keeps the order of the rows (1 = the first below
   the header).

   All of it is one transaction, so a file that is refused leaves the rows of the one before it in
   place. `assert_inputs` has checked the header by now.

   With `landing`, the file in `seeds/` is not read: see `read_landing`. #}
{% materialization seed, adapter='duckdb' %}
    {%- set is_landed = landing() is not none -%}
    {%- set target_relation = this.incorporate(type='view' if is_landed else 'table') -%}
    {%- set replaced = load_cached_relation(this) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- if replaced is not none and replaced.type != target_relation.type -%}
        {%- do run_query('drop ' ~ replaced.type ~ ' ' ~ replaced) -%}
    {%- endif -%}
    {%- if is_landed -%}
        {%- set loaded = read_landing(model, target_relation) -%}
    {%- else -%}
        {%- set loaded = load_seed(model, target_relation) -%}
    {%- endif -%}
    {%- set verb = 'VIEW' if is_landed else 'INSERT' -%}
    {% call noop_statement(
        'main', verb ~ ' ' ~ loaded.row_count, verb, loaded.row_count
    ) -%}
        -- read by DuckDB from {{ loaded.origin }}
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

{# Loads the file of a seed into its table. Returns how many rows there are now (`row_count`), and
   where they came from (`origin`). #}
{% macro load_seed(node, target_relation) -%}
    {%- set file_name = node.original_file_path -%}
    {%- set path = sql_string(adapter.get_seed_file_path(node)) -%}
    {%- set rejects = node.name ~ '_rejects' -%}
    {%- do drop_rejects(rejects) -%}
    {%- set counted = run_query(
        'select csv_row_count(' ~ path ~ '), file_facts(' ~ path ~ ')'
    ).rows[0] -%}
    {%- set types = csv_types(node, csv_header(path)) -%}
    {% call statement('load') -%}
        create or replace table {{ target_relation }} as
        {{ csv_rows(path, types, rejects) }}
    {%- endcall %}
    {%- do assert_csv_lines(file_name, rejects) -%}
    {%- do drop_rejects(rejects) -%}
    {%- set row_count = run_query('select count(*) from ' ~ target_relation).columns[0][0] -%}
    {%- do assert_csv_rows(file_name, row_count) -%}
    {%- do assert_csv_count(file_name, path, counted[0], counted[1], row_count) -%}
    {{ return({'row_count': row_count, 'origin': file_name}) }}
{%- endmacro %}

{# A query for the rows of a CSV file, numbered; lines that are no CSV go to the table `rejects`. #}
{% macro csv_rows(path, types, rejects) -%}
select
    row_number() over () as source_row_number,
    *
from read_csv(
    {{ path }},
    {{ csv_options(types, rejects) }}
)
{%- endmacro %}

{# How a CSV file with columns of these types is read. With `rejects`, lines that are no CSV go to
   the table of that name; without, they are an error.

   Without `parallel = false`, DuckDB (1.5.6) reads a file in pieces of 8,000,000 bytes, on one
   thread, too, and guesses where the first row of a piece begins: at a line break in a value it
   makes rows of what is in the value. With it, a last row whose quotes never close is left out
   without a word; `csv_fault` finds that before. #}
{% macro csv_options(types, rejects=none) -%}
    auto_detect = false,
    header = true,
    delim = ',',
    quote = '"',
    escape = '"',
    encoding = 'utf-8',
    parallel = false,
    columns = { {%- for column in types -%}
        {{ sql_string(column) }}: {{ sql_string(types[column]) }}{{ ', ' if not loop.last }}
    {%- endfor -%} }
    {%- if rejects is not none %},
    store_rejects = true,
    rejects_table = {{ sql_string(rejects) }},
    rejects_scan = {{ sql_string(rejects ~ '_scan') }},
    rejects_limit = 20
    {%- endif -%}
{%- endmacro %}

{# The column names in the first row of a CSV file; an empty list where there is none. `path` is a
   quoted SQL string. #}
{% macro csv_header(path) -%}
    {{ return(fromjson(run_query('select csv_header(' ~ path ~ ')').rows[0][0])) }}
{%- endmacro %}

{# Stops where lines of a CSV file are not valid CSV, listing them with their reasons. Without a
   `file_name` it is the first of the files that were read. #}
{% macro assert_csv_lines(file_name, rejects) -%}
    {%- set lines = run_query(
        'select distinct line, error_message, csv_line, file_path from ' ~ rejects
        ~ ' join ' ~ rejects ~ '_scan using (scan_id, file_id)'
        ~ ' qualify file_path = min(file_path) over () order by line'
    ).rows -%}
    {%- if lines | length > 0 -%}
        {%- set listing = [] -%}
        {%- for line in lines -%}
            {%- do listing.append(
                'line ' ~ line[0] ~ ': ' ~ line[1] ~ ': ' ~ line[2] | truncate(80)
            ) -%}
        {%- endfor -%}
        {{ exceptions.raise_compiler_error(
            (file_name or lines[0][3])
            ~ ' has lines that are not valid CSV, so nothing of it was loaded. Mend them'
            ~ ' (a comma inside a value needs double quotes around the value) and run again:\n'
            ~ listing | join('\n')
        ) }}
    {%- endif -%}
{%- endmacro %}

{# Stops where DuckDB read another number of rows than Python's `csv` module counted. `facts` are
   those of the file as it was counted: one that has changed since is read again by the next build.
   `path` is a quoted SQL string. #}
{% macro assert_csv_count(file_name, path, counted, facts, row_count) -%}
    {%- if counted != row_count
        and run_query('select file_facts(' ~ path ~ ')').columns[0][0] == facts -%}
        {{ exceptions.raise_compiler_error(
            file_name ~ ' holds ' ~ counted ~ ' rows, of which DuckDB made ' ~ row_count
            ~ ', so nothing of it was loaded. Write it again with quotes around all values, and'
            ~ ' report this'
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
