{# One row per event of a type, with a typed column for each of its fields in the taxonomy. #}
{% macro typed_events(taxonomy, event_type, events) -%}
    with

    of_type as (
        select *
        from {{ events }}
        where event_type = {{ sql_string(event_type) }}
    ),

    members as (
        {{ json_members('of_type') }}
    )

    select
        event_id,
        user_id,
        occurred_at,
        received_at
        {%- for field in taxonomy[event_type] %},
        max(
            case
                when field_name = {{ sql_string(field.name) }}
                    then {{ typed_value(field.type) }}
            end
        ) as {{ adapter.quote(field.column) }}
        {%- endfor %}
    from members
    group by event_id, user_id, occurred_at, received_at
{%- endmacro %}
