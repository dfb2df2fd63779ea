with

events as (
    select * from {{ ref('int_events__landed') }}
),

final as (
    select
        occurred_date as activity_date,
        coin_reason,
        cast(coalesce(sum(cast(earned_coins as decimal(19, 0))), 0) as decimal(38, 0))
            as earned_coins,
        cast(coalesce(sum(cast(spent_coins as decimal(19, 0))), 0) as decimal(38, 0))
            as spent_coins,
        count(earned_coins) as earn_count,
        count(spent_coins) as spend_count,
        count(distinct user_id) as player_count
    from events
    where earned_coins is not null or spent_coins is not null
    group by occurred_date, coin_reason
)

select * from final
