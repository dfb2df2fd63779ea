-- The money proof: the coins of a player's earn events add up to the balance, and only players with
-- an account earn. An earn event without a readable amount fails, too. The test reads the landed
-- rows, which the loader ships in one snapshot, so it also holds between builds.
with

events as (
    select * from {{ ref('stg_api__events') }}
),

players as (
    select * from {{ ref('stg_api__players') }}
),

earned as (
    select
        user_id,
        sum(cast(earned_coins as decimal(19, 0))) as earned_coins,
        count(*) - count(earned_coins) as unreadable_count
    from events
    where event_type = 'earn'
    group by user_id
)

select
    players.balance,
    earned.earned_coins,
    earned.unreadable_count,
    coalesce(players.user_id, earned.user_id) as user_id
from players
full join earned
    on players.user_id = earned.user_id
where
    players.balance is null
    or players.balance != coalesce(earned.earned_coins, 0)
    or earned.unreadable_count > 0
