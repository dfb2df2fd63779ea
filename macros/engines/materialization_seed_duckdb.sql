{# Makes an input a view over its files. Every column is text exactly as in the file, and
   `source_row_number` keeps the order of the rows (1 is the first below the header). dbt's own
   materialization parses the file in Python, guesses types and reads the word `null` as a missing
   value. Staging keeps the text, so the input needs no copy.

   It runs in one transaction, so a rejected file leaves the earlier view in place. `assert_inputs`
   has already checked the headers. #}
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
