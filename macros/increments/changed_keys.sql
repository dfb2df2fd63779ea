{# What changed since a table was last written, by the key under which it is rewritten: a purchase,
   or all that is a player's. A purchase may change its disposition; the classified ones are all
   there, so that those are found, too, which a table has lost. An accepted confirmation stays as it
   is. #}

{# Restricts an import to the keys that changed, where the model is built incrementally. dbt learns
   while it parses what a model rests on, so that it must see the inputs then, too. #}
{% macro where_changed(key) -%}
    {%- if is_incremental() or not execute -%}
        where {{ key }} in (
            {{ changed_keys(key, this) }}
        )
    {%- endif -%}
{%- endmacro %}

{# A query for the values of `key` that changed since `relation` was last written. #}
{% macro changed_keys(key, relation) -%}
    {%- set classified = ref('int_purchases__classified') -%}
    {%- set since = '(select coalesce(max(build_number), 0) from ' ~ relation ~ ')' -%}
    {%- if key == 'purchase_id' -%}
        select purchase_id from {{ classified }} where build_number > {{ since }}
    {%- elif key == 'appsflyer_id' -%}
        select appsflyer_id from {{ classified }} where build_number > {{ since }}
        union distinct
        select appsflyer_id from {{ ref('int_confirmations__accepted') }}
        where build_number > {{ since }}
    {%- else -%}
        {{ exceptions.raise_compiler_error('changed_keys knows no key ' ~ key) }}
    {%- endif -%}
{%- endmacro %}

{# The incremental strategy `replace_changed`: everything under a key that changed gives way to the
   new rows. dbt's `delete+insert` would keep the rows of a key that has no new ones. #}
{% macro get_incremental_replace_changed_sql(arguments) -%}
    {%- set target, key = arguments['target_relation'], arguments['unique_key'] -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ target }}
    where {{ key }} in (
        {{ changed_keys(key, target) }}
    );

    insert into {{ target }} ({{ columns }})
    select {{ columns }}
    from {{ arguments['temp_relation'] }}
{%- endmacro %}
