with

players as (
    select * from {{ ref('stg_api__players') }}
),

events as (
    select * from {{ ref('stg_api__events') }}
),

earned as (
    select
        user_id,
        sum(cast(earned_coins as decimal(19, 0))) as earned_coins
    from events
    where event_type = 'earn'
    group by user_id
),

-- A full join: coins without an account are as wrong as a balance without earnings.
joined as (
    select
        coalesce(players.user_id, earned.user_id) as user_id,
        coalesce(players.balance, 0) as balance,
        coalesce(earned.earned_coins, 0) as earned_coins
    from players
    full outer join earned
        on players.user_id = earned.user_id
),

final as (
    select
        user_id,
        cast(balance as decimal(38, 0)) as balance,
        cast(earned_coins as decimal(38, 0)) as earned_coins
    from joined
)

select * from final
