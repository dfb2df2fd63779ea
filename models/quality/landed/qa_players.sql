with

players as (
    select * from {{ ref('stg_api__players') }}
),

events as (
    select * from {{ ref('stg_api__events') }}
),

changed as (
    select
        user_id,
        coalesce(sum(cast(earned_coins as decimal(19, 0))), 0) as earned_coins,
        coalesce(sum(cast(spent_coins as decimal(19, 0))), 0) as spent_coins
    from events
    where is_coin_change
    group by user_id
),

-- A full join: coins without an account are as wrong as a balance without earnings.
joined as (
    select
        coalesce(players.user_id, changed.user_id) as user_id,
        coalesce(players.balance, 0) as balance,
        coalesce(changed.earned_coins - changed.spent_coins, 0) as net_coins
    from players
    full outer join changed
        on players.user_id = changed.user_id
),

final as (
    select
        user_id,
        cast(balance as decimal(38, 0)) as balance,
        cast(net_coins as decimal(38, 0)) as net_coins
    from joined
)

select * from final
