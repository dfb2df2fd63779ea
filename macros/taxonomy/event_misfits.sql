{# The misfits of the events: one row per event and field that does not fit the taxonomy, or per
   event of an unknown type. `Taxonomy.misfits` in `warehouse/taxonomy/events_file.py` judges as
   this does. #}
{% macro event_misfits(taxonomy, events) -%}
    with

    members as (
        {{ json_members(events) }}
    ),

    declared as (
        select
            cast(null as {{ type_string() }}) as event_type,
            cast(null as {{ type_string() }}) as field_name,
            cast(null as {{ type_string() }}) as field_type,
            false as is_required,
            cast(null as {{ type_string() }}) as expected
        {%- for event_type, fields in taxonomy.items() %}
        {%- for field in fields %}
        union all
        select
            {{ sql_string(event_type) }},
            {{ sql_string(field.name) }},
            {{ sql_string(field.type) }},
            {{ field.required | lower }},
            {{ sql_string(field.expected) }}
        {%- endfor %}
        {%- endfor %}
    ),

    declared_of_events as (
        select
            events.event_id,
            events.event_type,
            events.occurred_at,
            declared.field_name,
            declared.field_type,
            declared.is_required,
            declared.expected,
            members.field_kind,
            members.field_text
        from {{ events }} as events
        inner join declared
            on events.event_type = declared.event_type
        left join members
            on events.event_id = members.event_id
            and declared.field_name = members.field_name
    ),

    judged as (
        select
            *,
            case
                when coalesce(field_kind, 'null') = 'null'
                    then case when is_required then 'missing_field' end
                {%- for type in ['string', 'integer', 'number', 'boolean', 'timestamp'] %}
                when field_type = '{{ type }}' and {{ typed_value(type) }} is null
                    then 'wrong_type'
                {%- endfor %}
                {%- for event_type, fields in taxonomy.items() %}
                {%- for field in fields if field.one_of %}
                when
                    event_type = {{ sql_string(event_type) }}
                    and field_name = {{ sql_string(field.name) }}
                    and not {{ is_in('field_text', field.one_of) }}
                    then 'value_not_listed'
                {%- endfor %}
                {%- endfor %}
            end as reason
        from declared_of_events
    ),

    undeclared as (
        select members.*
        from members
        left join declared
            on members.event_type = declared.event_type
            and members.field_name = declared.field_name
        where
            {{ is_in('members.event_type', taxonomy.keys() | list) }}
            and members.field_name is not null
            and declared.field_name is null
    )

    select
        event_id,
        event_type,
        occurred_at,
        field_name,
        reason,
        expected,
        field_text as found
    from judged
    where reason is not null
    union all
    select
        event_id,
        event_type,
        occurred_at,
        field_name,
        'unknown_field' as reason,
        'no field of this name' as expected,
        field_text as found
    from undeclared
    union all
    select
        event_id,
        event_type,
        occurred_at,
        null as field_name,
        'unknown_type' as reason,
        'an event type that events.yml names' as expected,
        null as found
    from {{ events }}
    where not {{ is_in('event_type', taxonomy.keys() | list) }}
{%- endmacro %}
