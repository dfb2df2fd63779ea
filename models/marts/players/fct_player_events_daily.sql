with

events as (
    select * from {{ ref('int_events__landed') }}
),

final as (
    select
        user_id,
        occurred_date as activity_date,
        event_type,
        cast(coalesce(sum(cast(earned_coins as decimal(19, 0))), 0) as decimal(38, 0))
            as earned_coins,
        cast(coalesce(sum(cast(spent_coins as decimal(19, 0))), 0) as decimal(38, 0))
            as spent_coins,
        count(*) as event_count,
        min(seconds_apart) as min_seconds_apart,
        max(seconds_apart) as max_seconds_apart
    from events
    group by user_id, occurred_date, event_type
)

select * from final
