{# Makes the relation of an input as on DuckDB: every column is text as in the file, and
   `source_row_number` keeps the order of the rows. An empty value is null, quoted or not. A file
   that is neither valid CSV nor valid Parquet stops the build.

   A file in `seeds/` becomes a table. With `landing` the relation is a view over the files in
   place. The table `<name>_files` lists them. #}
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
    {%- do assert_csv_rows(model, input.origin, row_count) -%}
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
