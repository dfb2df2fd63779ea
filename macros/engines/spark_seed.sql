{# Makes the relation of an input on Spark as `csv_seed.sql` does on DuckDB: every column is text as
   it stands in the file, and `source_row_number` keeps the order of the rows. A value of nothing is
   null, quoted or not. Files that are no CSV or no Parquet stop the build.

   A file of `seeds/` becomes a table. With `landing` it is a view over the files where they lie.
   Beside it the table `<name>_files` lists them. #}
{% materialization seed, adapter='spark' %}
    {%- if not is_input(model) -%}
        {{ return(dbt.materialization_seed_default()) }}
    {%- endif -%}
    {%- set type = 'table' if landing() is none else 'view' -%}
    {%- set storage = 'using parquet' if landing() is none else '' -%}
    {%- set target_relation = build_relation(this.incorporate(type=type)) -%}
    {%- set input = input_files(model) -%}

    {{ run_hooks(pre_hooks) }}

    {%- set parts = input_parts(model, input, target_relation) -%}
    {%- do run_query(
        'create table ' ~ target_relation ~ '_files using parquet as '
        ~ input_files_query(input, parts)
    ) -%}
    {%- set row_count = run_query(
        'select sum(row_count) from ' ~ target_relation ~ '_files'
    ).columns[0][0] | int -%}
    {%- do assert_csv_rows(input.origin, row_count) -%}
    {#- a metastore may hold no more than 32,000 characters of a view -#}
    {%- set queries = [] -%}
    {%- for part in parts -%}
        {%- set query = part_rows_query(model, part, target_relation ~ '_files') -%}
        {%- if parts | length > 1 -%}
            {%- set part_view = target_relation ~ '_part_' ~ loop.index -%}
            {%- do run_query('create view ' ~ part_view ~ ' as ' ~ query) -%}
            {%- set query = 'select * from ' ~ part_view -%}
        {%- endif -%}
        {%- do queries.append(query) -%}
    {%- endfor -%}
    {% call statement('load') -%}
        create {{ type }} {{ target_relation }} {{ storage }} as
        {{ queries | join(' union all ') }}
    {%- endcall %}
    {%- set verb = 'INSERT' if type == 'table' else 'VIEW' -%}
    {% call noop_statement('main', verb ~ ' ' ~ row_count, verb, row_count) -%}
        -- read by Spark from {{ input.origin }}
    {%- endcall %}

    {#- what `dbt seed --show` prints -#}
    {%- set sample = run_query('select * from ' ~ target_relation ~ ' limit 10') -%}
    {%- do store_result('agate_table', response='OK', agate_table=sample) -%}

    {{ run_hooks(post_hooks) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{# The files of an input, split into those that are read together: a list of objects with `files`,
   the `table` through which Spark reads them, their `format`, and the `types` of their columns by
   name. Only files that are alike are read together; a hundred of them, since a view names them
   all. #}
{% macro input_parts(node, input, relation) -%}
    {%- set files_per_part = 100 -%}
    {%- if input.format == 'csv' -%}
        {%- set layouts = csv_layouts(node, input, relation) -%}
    {%- else -%}
        {%- set layouts = parquet_layouts(node, input) -%}
    {%- endif -%}
    {%- set parts = [] -%}
    {%- for layout in layouts -%}
        {%- set table = relation ~ '_layout_' ~ loop.index -%}
        {%- do run_query(files_table(table, input, layout.types)) -%}
        {%- for files in layout.files | batch(files_per_part) -%}
            {%- do parts.append({
                'files': files, 'table': table, 'format': input.format, 'types': layout.types,
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(parts) }}
{%- endmacro %}

{# A statement that lets Spark read the files of a folder, as they are and where they lie, by the
   names and types of their columns. In CSV the order of the columns counts, in Parquet their names
   do. A line of CSV with too few or too many values, or with text beside the quotes of a value, is
   an error. `multiLine` keeps line breaks inside of quotes, and a file in one piece. #}
{% macro files_table(name, input, types) -%}
create table {{ name }} (
    {%- for column in types %}
    {{ adapter.quote(column) }} {{ types[column] }}{{ ',' if not loop.last }}
    {%- endfor %}
)
using {{ input.format }}
options (
    {%- if input.format == 'csv' %}
    header 'true',
    enforceSchema 'true',
    multiLine 'true',
    quote '"',
    escape '"',
    mode 'FAILFAST',
    columnPruning 'false',
    unescapedQuoteHandling 'RAISE_ERROR',
    maxCharsPerColumn '-1',
    {%- endif %}
    {{ folder_options(input.folder) }}
)
{%- endmacro %}

{# Options of a table of files: those at any depth of a folder, whose name is taken as it stands.
   #}
{% macro folder_options(folder) -%}
    path {{ sql_string(folder) }},
    recursiveFileLookup 'true',
    __globPaths__ 'false'
{%- endmacro %}

{# A query for the files of an input: their paths, their names in its folder, their order, how many
   rows each has and how many stand before it, and its hash. A file must be hashed in one piece, for
   which an executor holds it in its memory, so that large ones have none. #}
{% macro input_files_query(input, parts) -%}
    {%- set max_hashed_bytes = 100000000 -%}
    with

    listed as (
        select *
        from values
            {%- for file in input.files %}
            (
                {{ sql_string(bare_path(file)) }},
                {{ sql_string(file[input.folder | length + 1:]) }},
                {{ loop.index }}
            ){{ ',' if not loop.last }}
            {%- endfor %}
            as listed (path, name, position)
    ),

    file_rows as (
        {%- for part in parts %}
        select {{ path_of_row() }} as path
        from {{ part.table }}
        where {{ is_row_of(part.files) }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ),

    counted as (
        select
            path,
            count(*) as row_count
        from file_rows
        group by path
    ),

    hashed as (
        select
            {{ path_of_row() }} as path,
            sha2(content, 256) as sha256
        from {{ folder_listing(input.folder) }}
        where
            length <= {{ max_hashed_bytes }}
            and {{ is_row_of(input.files) }}
    )

    select
        listed.path,
        listed.name,
        listed.position,
        coalesce(counted.row_count, 0) as row_count,
        coalesce(sum(counted.row_count) over (order by listed.position), 0)
        - coalesce(counted.row_count, 0) as rows_before,
        hashed.sha256
    from listed
    left join counted
        on listed.path = counted.path
    left join hashed
        on listed.path = hashed.path
{%- endmacro %}

{# A query for the rows of some files of an input, as text and with their numbers. Parquet knows the
   number of a row in its file. Rows of a CSV file are sorted within it, by numbers that Spark gives
   them as it reads; what stands in the files before is one number for each. #}
{% macro part_rows_query(node, part, files) -%}
    select
        input_file.rows_before + file_row.row_in_file as source_row_number
        {%- for column in input_columns(node) %},
        file_row.{{ adapter.quote(column) }}
        {%- endfor %}
    from (
        select
            {{ path_of_row() }} as path,
            {%- if part.format == 'csv' %}
            row_number() over (partition by {{ path_of_row() }} order by row_order) as row_in_file,
            {%- else %}
            _metadata.row_index + 1 as row_in_file,
            {%- endif %}
            {%- for column in input_columns(node) %}
            {{ as_text(adapter.quote(column), part.types[column]) }} as {{ adapter.quote(column) }}
            {{- ',' if not loop.last }}
            {%- endfor %}
        from
            {%- if part.format == 'csv' %} (
            select
                *,
                _metadata,
                monotonically_increasing_id() as row_order
            from {{ part.table }}
            where {{ is_row_of(part.files) }}
        )
            {%- else %} {{ part.table }}
        where {{ is_row_of(part.files) }}
            {%- endif %}
    ) as file_row
    inner join {{ files }} as input_file
        on file_row.path = input_file.path
{%- endmacro %}
