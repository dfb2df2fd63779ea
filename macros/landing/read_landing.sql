{# Makes the relation of an input a view over its files in landing, and notes in `raw.input_files`
   what these are: facts by which the next build knows each again, its hash, rows and layout. All of
   it is one transaction, so files that are refused leave the view of those before in place.

   Only files that are new, or changed, are read here: to hash them, to count their rows, and to
   find lines that are no CSV. `assert_landing` has checked their columns by now. Returns what
   `load_seed` does. #}
{% macro read_landing(node, target_relation) -%}
    {%- set landed = landing_files(node) -%}
    {%- set growth = landing_growth(node, landed) -%}
    {%- set files = node.name ~ '_files' -%}

    {#- before the files are read: what reaches them meanwhile is a change to the next build -#}
    {%- do run_query(
        'create or replace temp table ' ~ files ~ ' as ' ~ known_files_query(node, landed)
    ) -%}
    {%- do measure_new_files(node, landed, files) -%}
    {%- set row_count = run_query('select sum(row_count) from ' ~ files).columns[0][0] | int -%}
    {%- set is_one = landed.files | length == 1 -%}
    {%- set origin = landed.files[0] if is_one else landed.folder ~ '/**.' ~ landed.format -%}
    {%- do assert_csv_rows(origin, row_count) -%}
    {% call statement('note') -%}
        delete from raw.input_files where input_name = {{ sql_string(node.name) }};
        insert into raw.input_files by name
        select {{ sql_string(node.name) }} as input_name, * from {{ files }}
    {%- endcall %}
    {%- if growth != 'unchanged' -%}
        {% call statement('load') -%}
            create or replace view {{ target_relation }} as
            {{ landed_rows(node) }};
            insert into raw.input_loads
            select
                {{ sql_string(node.name) }} as input_name,
                {{ build_number() }} as build_number,
                {{ row_count }} as row_count,
                sum(byte_count) as byte_count,
                {{ sha256_of_files(landed) }} as sha256
            from {{ files }}
        {%- endcall %}
    {%- endif -%}
    {%- do run_query('drop table ' ~ files) -%}
    {{ return({'growth': growth, 'row_count': row_count, 'origin': origin}) }}
{%- endmacro %}

{# What became of the files of an input since they were read: `unchanged`; `grown`, by files behind
   the last one or by further lines of the last one; or `replaced`, which they also are where they
   never were read. #}
{% macro landing_growth(node, landed) -%}
    {%- set view = adapter.get_relation(node.database, node.schema, node.alias) -%}
    {%- if view is none or not view.is_view or flags.FULL_REFRESH -%}
        {{ return('replaced') }}
    {%- endif -%}
    {%- set growth -%}
        with

        known as (
            select * from raw.input_files where input_name = {{ sql_string(node.name) }}
        ),

        compared as (
            select
                known.position = max(known.position) over () as is_last,
                {{ landed.files | length }} > max(known.position) over () as has_further,
                case
                    when place.path = known.path
                        then landed_growth(
                            known.path, known.facts, known.byte_count, known.sha256
                        )
                    else 'replaced'
                end as growth
            from known
            left join ({{ landing_places_query(landed) }}) as place
                on known.position = place.position
        )

        select
            case
                when bool_or(growth = 'replaced' or growth = 'grown' and not is_last)
                    then 'replaced'
                when bool_or(growth = 'grown' or has_further) then 'grown'
                else 'unchanged'
            end as growth
        from compared
        having count(*) > 0
    {%- endset -%}
    {%- set rows = run_query(growth).rows -%}
    {{ return(rows[0][0] if rows | length > 0 else 'replaced') }}
{%- endmacro %}

{# A query for the files of an input with what is known of each; null where it must be read. #}
{% macro known_files_query(node, landed) -%}
    select
        place.position,
        place.path,
        place.facts,
        known.byte_count,
        known.sha256,
        known.row_count,
        known.layout
    from (
        select *, settled_facts(path) as facts
        from ({{ landing_places_query(landed) }}) as place
    ) as place
    left join raw.input_files as known
        on
            place.path = known.path
            and place.facts = known.facts
            and place.facts != ''
            and known.input_name = {{ sql_string(node.name) }}
            and not {{ flags.FULL_REFRESH }}
{%- endmacro %}

{# Reads the files of which nothing is known, and adds to the table `files` what was found. #}
{% macro measure_new_files(node, landed, files) -%}
    {%- set new_files = run_query(
        'select path from ' ~ files ~ ' where layout is null order by position'
    ).columns[0].values() -%}
    {%- if new_files -%}
        {%- do run_query(
            'update ' ~ files ~ ' set byte_count = found.size from (select filename, size'
            ~ ' from read_blob(' ~ files_to_read(new_files) ~ ')) as found where path = filename'
        ) -%}
        {%- do run_query(
            'update ' ~ files ~ ' set sha256 = file_sha256(path) where layout is null'
        ) -%}
        {%- if landed.format == 'csv' -%}
            {%- do run_query(
                'update ' ~ files ~ ' set layout = csv_header(path) where layout is null'
            ) -%}
            {%- do count_csv_rows(node, files, new_files) -%}
        {%- else -%}
            {%- do run_query(
                'update ' ~ files ~ ' set layout = found.layout from ('
                ~ parquet_layouts_query(new_files) ~ ') as found where path = file_name'
            ) -%}
            {%- do run_query(
                'update ' ~ files ~ ' set row_count = found.num_rows from parquet_file_metadata('
                ~ files_to_read(new_files) ~ ') as found where path = file_name'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# Counts the rows of CSV files, each in a scan of its own: with many files and few threads DuckDB
   (1.5.6) overlooks quotes that never close, and leaves out the rows behind them. Every column is
   looked at, or text that is no UTF-8 would not be noticed. Stops where lines are no CSV. #}
{% macro count_csv_rows(node, files, new_files) -%}
    {%- set rejects = node.name ~ '_rejects' -%}
    {%- do drop_rejects(rejects) -%}
    {%- set row_counts = [] -%}
    {%- set known = run_query(
        'select path, layout, csv_row_count(path), file_facts(path) from ' ~ files
        ~ ' where path in ' ~ sql_list(new_files) ~ ' order by position'
    ).rows -%}
    {%- for row in known -%}
        {%- do row_counts.append(run_query(
            'select count(*), count(columns(*)) from read_csv(' ~ files_to_read([row[0]]) ~ ', '
            ~ csv_options(csv_types(node, layout_names(row[1])), rejects) ~ ')'
        ).columns[0][0] | int) -%}
    {%- endfor -%}
    {%- do assert_csv_lines(none, rejects) -%}
    {%- do drop_rejects(rejects) -%}
    {%- for row in known -%}
        {%- do assert_csv_count(
            row[0], sql_string(row[0]), row[2], row[3], row_counts[loop.index0]
        ) -%}
    {%- endfor -%}
    {%- do run_query(
        'update ' ~ files ~ ' set row_count = found.row_count from (select unnest('
        ~ sql_list(new_files) ~ ') as path, unnest(' ~ row_counts ~ ') as row_count) as found'
        ~ ' where ' ~ files ~ '.path = found.path'
    ) -%}
{%- endmacro %}

{# One hash for the files of an input: a single one's own, else that of the lines that `sha256sum`
   prints for all of them in the folder they are in. #}
{% macro sha256_of_files(landed) -%}
    {%- if landed.files | length == 1 -%}
        max(sha256)
    {%- else -%}
        sha256(string_agg(
            concat(sha256, '  ', substr(path, {{ landed.folder | length + 2 }}), chr(10)), ''
            order by position
        ))
    {%- endif -%}
{%- endmacro %}
