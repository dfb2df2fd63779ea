{# Replaces a table in one transaction: a reader sees the old one or the new one, and a model that
   fails keeps the old one. dbt's own materialization, with temporary names and renames, is for
   engines without transactional `create table`. #}
{% materialization table, adapter='duckdb' %}
    {%- set replaced = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% call statement('main') -%}
        {%- if replaced is not none %}
        drop {{ replaced.type }} {{ replaced }};
        {%- endif %}
        {{ create_table_as(False, target_relation, compiled_code) }}
    {%- endcall %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
