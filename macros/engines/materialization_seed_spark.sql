{# Makes the relation of an input as on DuckDB: every column is text as in the file, and
   `source_row_number` keeps the order of the rows. An empty value is null, quoted or not. A file
   that is neither valid CSV nor valid Parquet stops the build.

   A file in `seeds/` becomes a table. With `landing` the relation is a view over the files in
   place. The table `<name>_files` lists them. #}
{% materialization seed, adapter='spark' %}
    {%- if not is_input(model) -%}
        {{ return(dbt.materialization_seed_default()) }}
    {%- endif -%}
    {%- set has_place = landing() is not none
        or input_mappings(model) | selectattr('path', 'defined') | list -%}
    {%- set type = 'view' if has_place else 'table' -%}
    {%- set storage = '' if has_place else 'using parquet' -%}
    {%- set target_relation = build_relation(this.incorporate(type=type)) -%}
    {%- set sources = input_sources(model) -%}
    {%- set origin = sources | map(attribute='origin') | join(' and ') -%}

    {{ run_hooks(pre_hooks) }}

    {%- set parts = [] -%}
    {%- for source in sources -%}
        {%- set suffix = '_source_' ~ loop.index if loop.length > 1 else '' -%}
        {%- do parts.extend(input_parts(model, source, target_relation ~ suffix)) -%}
    {%- endfor -%}
    {%- do run_query(
        'create table ' ~ target_relation ~ '_files using parquet as '
        ~ input_files_query(sources, parts)
    ) -%}
    {%- set row_count = run_query(
        'select sum(row_count) from ' ~ target_relation ~ '_files'
    ).columns[0][0] | int -%}
    {%- do assert_csv_rows(model, origin, row_count) -%}
    {#- a metastore may hold no more than 32,000 characters of a view -#}
    {%- set queries = [] -%}
    {%- for part in parts -%}
        {%- set query = part_rows_query(model, part, target_relation ~ '_files') -%}
        {%- if parts | length > 1 or part.mapping -%}
            {%- set part_view = target_relation ~ '_part_' ~ loop.index -%}
            {%- do run_query('create view ' ~ part_view ~ ' as ' ~ query) -%}
            {%- set query = 'select * from ' ~ part_view -%}
        {%- endif -%}
        {%- if part.mapping -%}
            {%- set mapped_view = target_relation ~ '_mapped_' ~ loop.index -%}
            {%- do run_query(
                'create view ' ~ mapped_view ~ ' as '
                ~ mapped_rows(
                    mapped_columns(model, part.mapping, part.header), part.mapping, query
                )
            ) -%}
            {%- set query = 'select * from ' ~ mapped_view -%}
        {%- endif -%}
        {%- do queries.append(query) -%}
    {%- endfor -%}
    {% call statement('load') -%}
        create {{ type }} {{ target_relation }} {{ storage }} as
        {{ queries | join(' union all ') }}
    {%- endcall %}
    {%- set verb = 'INSERT' if type == 'table' else 'VIEW' -%}
    {% call noop_statement('main', verb ~ ' ' ~ row_count, verb, row_count) -%}
        -- read by Spark from {{ origin }}
    {%- endcall %}

    {#- what `dbt seed --show` prints -#}
    {%- set sample = run_query('select * from ' ~ target_relation ~ ' limit 10') -%}
    {%- do store_result('agate_table', response='OK', agate_table=sample) -%}

    {{ run_hooks(post_hooks) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
