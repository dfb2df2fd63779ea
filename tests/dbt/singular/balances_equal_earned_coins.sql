-- The money proof: what the earn events of a player add up to is the balance, for every player, and
-- nobody else earned anything. An earn event without a readable amount breaks it, too. It asks the
-- landed rows themselves, which the loader ships in one snapshot, so it holds between builds as
-- well.
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
