{# Makes the relation of an input a view over its files. dbt's own way parses a file in Python
   first, guesses types and takes the word `null` for a missing value; here every column is text
   exactly as it stands in the file, and `source_row_number` keeps the order of the rows (1 = the
   first below the header). Staging keeps the text beside what it makes of it, so that no copy is
   needed.

   All of it is one transaction, so files that are refused leave the view of those before in place.
   `assert_inputs` has checked the headers by now. #}
{% materialization seed, adapter='duckdb' %}
    {%- if not is_input(model) -%}
        {{ return(dbt.materialization_seed_default()) }}
    {%- endif -%}
    {%- set target_relation = this.incorporate(type='view') -%}
    {%- set replaced = load_cached_relation(this) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- if replaced is not none and not replaced.is_view -%}
        {%- do run_query('drop ' ~ replaced.type ~ ' ' ~ replaced) -%}
    {%- endif -%}
    {%- set loaded = read_files(model, target_relation) -%}
    {% call noop_statement(
        'main', 'VIEW ' ~ loaded.row_count, 'VIEW', loaded.row_count
    ) -%}
        -- read by DuckDB from {{ loaded.origin }}
    {%- endcall %}

    {#- what `dbt seed --show` prints -#}
    {%- set sample = run_query('select * from ' ~ target_relation ~ ' limit 10') -%}
    {%- do store_result('agate_table', response='OK', agate_table=sample) -%}

    {%- do apply_grants(target_relation, config.get('grants')) -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

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

{# Stops where lines of CSV files are not valid CSV, listing those of the first file with their
   reasons. `shown` has the names of files in messages. #}
{% macro assert_csv_lines(shown, rejects) -%}
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
            shown[lines[0][3]]
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
