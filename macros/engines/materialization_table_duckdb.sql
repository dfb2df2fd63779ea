{# Replaces a table in one transaction: a reader sees the old one or the new one, and a model that
   fails keeps the old one. dbt-duckdb's own materialization, with temporary names and renames,
   replaces tables with keys; for all tables it would make a build an eighth slower. #}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- if enforced_constraint_types() -%}
        {{ return(dbt.materialization_table_duckdb()) }}
    {%- endif -%}
    {%- set replaced = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- if replaced is not none -%}
        {% call statement('drop_replaced') -%}
            drop {{ replaced.type }} {{ replaced }}
        {%- endcall %}
    {%- endif -%}
    {% call statement('main', language=model.language) -%}
        {{ create_table_as(False, target_relation, compiled_code, model.language) }}
    {%- endcall %}

    {%- do create_indexes(target_relation) -%}
    {%- do apply_grants(target_relation, config.get('grants')) -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
