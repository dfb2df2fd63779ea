-- No event, coin or click is lost or counted twice on the way to the marts.
with

events as (
    select * from {{ ref('int_events__landed') }}
),

players as (
    select * from {{ ref('dim_players') }}
),

days as (
    select * from {{ ref('fct_player_events_daily') }}
),

coins as (
    select * from {{ ref('fct_coins_daily') }}
),

links as (
    select * from {{ ref('fct_deep_links') }}
),

inputs as (
    select
        count(*) as event_count,
        count(user_id) as player_event_count,
        coalesce(sum(cast(earned_coins as decimal(19, 0))), 0) as daily_earned_coins,
        coalesce(sum(cast(spent_coins as decimal(19, 0))), 0) as daily_spent_coins,
        coalesce(sum(cast(earned_coins as decimal(19, 0))), 0) as reason_earned_coins,
        coalesce(sum(cast(spent_coins as decimal(19, 0))), 0) as reason_spent_coins,
        coalesce(sum(cast(earned_coins as decimal(19, 0))) filter (where user_id is not null), 0)
            as player_earned_coins,
        coalesce(sum(cast(spent_coins as decimal(19, 0))) filter (where user_id is not null), 0)
            as player_spent_coins,
        count(character_id) as click_count
    from events
),

outputs as (
    select
        (select coalesce(sum(event_count), 0) from days) as event_count,
        (select coalesce(sum(event_count), 0) from players) as player_event_count,
        (select coalesce(sum(earned_coins), 0) from days) as daily_earned_coins,
        (select coalesce(sum(spent_coins), 0) from days) as daily_spent_coins,
        (select coalesce(sum(earned_coins), 0) from coins) as reason_earned_coins,
        (select coalesce(sum(spent_coins), 0) from coins) as reason_spent_coins,
        (select coalesce(sum(earned_coins), 0) from players) as player_earned_coins,
        (select coalesce(sum(spent_coins), 0) from players) as player_spent_coins,
        (select coalesce(sum(click_count), 0) from links) as click_count
)

select * from inputs
except
select * from outputs
