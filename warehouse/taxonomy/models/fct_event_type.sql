with

events as (
    select * from {{ ref('int_events__received') }}
),

final as (
    {{ typed_events(event_taxonomy().types, 'EVENT_TYPE', 'events') }}
)

select * from final
