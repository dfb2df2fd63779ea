-- The money proof: a balance is the coins that the player earned less those that the player spent,
-- and only players with an account earn and spend. An earn or a spend without a readable amount
-- fails, too. The test reads the landed rows, which the loader ships in one snapshot, so it also
-- holds between builds.
with

events as (
    select * from {{ ref('stg_api__events') }}
),

players as (
    select * from {{ ref('stg_api__players') }}
),

changed as (
    select
        user_id,
        coalesce(sum(cast(earned_coins as decimal(19, 0))), 0) as earned_coins,
        coalesce(sum(cast(spent_coins as decimal(19, 0))), 0) as spent_coins,
        count(*) - count(coalesce(earned_coins, spent_coins)) as unreadable_count
    from events
    where is_coin_change
    group by user_id
)

select
    players.balance,
    changed.earned_coins,
    changed.spent_coins,
    changed.unreadable_count,
    coalesce(players.user_id, changed.user_id) as user_id
from players
full join changed
    on players.user_id = changed.user_id
where
    players.balance is null
    or players.balance != coalesce(changed.earned_coins - changed.spent_coins, 0)
    or changed.unreadable_count > 0
