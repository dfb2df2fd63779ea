{# All that is a player's is rewritten together: the matching of one row may change that of the
   others, and of no other player's. A purchase may change its disposition; the classified ones are
   all there, so that those are found, too, which a table has lost. An accepted confirmation stays
   as it is. #}

{# Restricts an import to the players for whom something changed, where the model is built
   incrementally. dbt learns while it parses what a model rests on, so that it must see the inputs
   then, too. #}
{% macro where_player_changed() -%}
    {%- if is_incremental() or not execute -%}
        where appsflyer_id in (
            {{ changed_players(this) }}
        )
    {%- endif -%}
{%- endmacro %}

{# A query for the players for whom something changed since a table was last written. #}
{% macro changed_players(relation) -%}
    {%- set since = '(select coalesce(max(build_number), 0) from ' ~ relation ~ ')' -%}
    select appsflyer_id from {{ ref('int_purchases__classified') }}
    where build_number > {{ since }}
    union distinct
    select appsflyer_id from {{ ref('int_confirmations__accepted') }}
    where build_number > {{ since }}
{%- endmacro %}

{# The incremental strategy `replace_players`: all rows of players for whom something changed give
   way to the new ones. dbt's `delete+insert` would keep those of a player who has no new ones. #}
{% macro get_incremental_replace_players_sql(arguments) -%}
    {%- set target = arguments['target_relation'] -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ target }}
    where appsflyer_id in (
        {{ changed_players(target) }}
    );

    insert into {{ target }} ({{ columns }})
    select {{ columns }}
    from {{ arguments['temp_relation'] }}
{%- endmacro %}
