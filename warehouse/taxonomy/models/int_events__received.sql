with

landed as (
    select * from {{ ref('int_events__landed') }}
),

stored as (
    select * from {{ ref('stg_api__events') }}
),

players as (
    select * from {{ ref('stg_api__players') }}
),

final as (
    select
        landed.event_id,
        landed.user_id,
        landed.event_type,
        landed.occurred_at,
        stored.received_at,
        stored.meta,
        players.erased_at is not null as is_erased
    from landed
    inner join stored
        on landed.event_id = stored.event_id
    left join players
        on landed.user_id = players.user_id
    where not {{ is_in('landed.event_type', event_taxonomy().reserved) }}
)

select * from final
