with

events as (
    select *
    from {{ ref('stg_api__events') }}
    where event_type != 'appsflyer_push'
),

measured as (
    select
        count(*) as event_count,
        count(*) filter (where occurred_at > received_at + interval '1' day) as future_event_count,
        count(*) filter (where is_coin_change and coalesce(earned_coins, spent_coins) is null)
            as unreadable_coin_count
    from events
),

final as (
    select
        event_count,
        {{ share_of('future_event_count', 'event_count') }} as future_event_share,
        unreadable_coin_count
    from measured
)

select * from final
