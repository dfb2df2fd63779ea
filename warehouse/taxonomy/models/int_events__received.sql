with

landed as (
    select * from {{ ref('int_events__landed') }}
),

stored as (
    select * from {{ ref('stg_api__events') }}
),

final as (
    select
        landed.event_id,
        landed.user_id,
        landed.event_type,
        landed.occurred_at,
        stored.received_at,
        stored.meta
    from landed
    inner join stored
        on landed.event_id = stored.event_id
    where not {{ is_in('landed.event_type', event_taxonomy().reserved) }}
)

select * from final
