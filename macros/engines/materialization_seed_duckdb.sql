{# Makes the relation of an input a view over its files. dbt's own way parses a file in Python
   first, guesses types and takes the word `null` for a missing value; here every column is text
   exactly as it stands in the file, and `source_row_number` keeps the order of the rows (1 = the
   first below the header). Staging keeps the text beside what it makes of it, so that no copy is
   needed.

   All of it is one transaction, so files that are refused leave the view of those before in place.
   `assert_inputs` has checked the headers by now. #}
{% materialization seed, adapter='duckdb' %}
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

    {%- do persist_docs(target_relation, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
