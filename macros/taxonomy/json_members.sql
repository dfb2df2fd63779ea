{# The rows of a relation with a row for each member of the JSON object `meta`: its name, its kind
   (string, integer, number, boolean, null, object or array) and its text, which is the value of a
   string and the JSON of any other. Without a member, there is one row without a name. An integer
   beyond 64 bits is a number. #}
{% macro json_members(relation) -%}
    {{ adapter.dispatch('json_members')(relation) }}
{%- endmacro %}

{% macro duckdb__json_members(relation) -%}
    select
        events.*,
        members.key as field_name,
        case
            when members.type in ('BIGINT', 'UBIGINT')
                then
                    case
                        when try_cast(members.value as bigint) is null then 'number'
                        else 'integer'
                    end
            when members.type = 'VARCHAR' then 'string'
            when members.type = 'DOUBLE' then 'number'
            else lower(members.type)
        end as field_kind,
        members.value ->> '$' as field_text
    from {{ relation }} as events
    left join lateral (
        select *
        from json_each(
            case
                when json_type(try_cast(events.meta as json)) = 'OBJECT'
                    then try_cast(events.meta as json)
            end
        )
    ) as members on true
{%- endmacro %}

{% macro spark__json_members(relation) -%}
    select
        events.* except (meta_variant),
        members.key as field_name,
        case
            when members.key is null then null
            when schema_of_variant(members.value) like 'OBJECT%' then 'object'
            when schema_of_variant(members.value) like 'ARRAY%' then 'array'
            when schema_of_variant(members.value) = 'BIGINT' then 'integer'
            when schema_of_variant(members.value) = 'STRING' then 'string'
            when schema_of_variant(members.value) = 'BOOLEAN' then 'boolean'
            when schema_of_variant(members.value) = 'VOID' then 'null'
            else 'number'
        end as field_kind,
        cast(members.value as string) as field_text
    from (
        select *, try_parse_json(meta) as meta_variant
        from {{ relation }}
    ) as events,
    lateral variant_explode_outer(
        case when schema_of_variant(meta_variant) like 'OBJECT%' then meta_variant end
    ) as members
{%- endmacro %}
