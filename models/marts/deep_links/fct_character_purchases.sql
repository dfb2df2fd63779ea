with

events as (
    select * from {{ ref('int_events__landed') }}
),

purchases as (
    select * from {{ ref('fct_purchases') }}
),

clicks as (
    select
        event_id,
        cast(user_id as string) as user_id,
        character_id,
        occurred_at
    from events
    where character_id is not null
),

clicked as (
    select
        character_id,
        count(*) as click_count,
        count(distinct user_id) as player_count
    from clicks
    group by character_id
),

players as (
    select distinct user_id
    from clicks
    where user_id is not null
),

bridge as (
    select count(customer_user_id) > 0 as has_bridge
    from purchases
),

-- What the players who clicked did, in the order of time. Of clicks at one moment, the order of
-- their ids decides; a click comes before a purchase at the same moment.
steps as (
    select
        user_id,
        occurred_at as happened_at,
        false as is_purchase,
        event_id,
        character_id,
        cast(null as string) as campaign,
        cast(null as decimal(24, 8)) as net_revenue_usd
    from clicks
    where user_id is not null
    union all
    select
        players.user_id,
        purchases.purchased_at as happened_at,
        true as is_purchase,
        cast(null as string) as event_id,
        cast(null as string) as character_id,
        purchases.campaign,
        purchases.net_revenue_usd
    from players
    inner join purchases
        on players.user_id = purchases.customer_user_id
),

numbered as (
    select
        *,
        count(character_id) over (
            partition by user_id
            order by happened_at, is_purchase, event_id
            rows between unbounded preceding and current row
        ) as click_no
    from steps
),

-- A purchase has the number of the click before it, and that number one click alone.
attributed as (
    select
        user_id,
        is_purchase,
        campaign,
        net_revenue_usd,
        max(character_id) over (partition by user_id, click_no) as character_id
    from numbered
),

credited as (
    select
        character_id,
        campaign,
        user_id,
        net_revenue_usd
    from attributed
    where is_purchase and character_id is not null
),

credited_by_character as (
    select
        character_id,
        count(distinct user_id) as payer_count,
        count(*) as purchase_count,
        sum(net_revenue_usd) as net_revenue_usd
    from credited
    group by character_id
),

credited_by_campaign as (
    select
        character_id,
        campaign,
        count(distinct user_id) as payer_count,
        count(*) as purchase_count,
        sum(net_revenue_usd) as net_revenue_usd
    from credited
    group by character_id, campaign
),

totals as (
    select
        clicked.*,
        case
            when not bridge.has_bridge then 'missing_bridge'
            when clicked.player_count = 0 then 'no_player'
            else 'ok'
        end as purchases_state
    from clicked
    cross join bridge
),

final as (
    select
        totals.character_id,
        'character' as scope,
        cast(null as string) as campaign,
        totals.click_count,
        totals.player_count,
        case when totals.purchases_state = 'ok' then coalesce(credited.payer_count, 0) end
            as payer_count,
        case when totals.purchases_state = 'ok' then coalesce(credited.purchase_count, 0) end
            as purchase_count,
        cast(
            case when totals.purchases_state = 'ok' then coalesce(credited.net_revenue_usd, 0) end
            as decimal(38, 8)
        ) as net_revenue_usd,
        totals.purchases_state
    from totals
    left join credited_by_character as credited
        on totals.character_id = credited.character_id
    union all
    select
        character_id,
        'campaign' as scope,
        campaign,
        cast(null as bigint) as click_count,
        cast(null as bigint) as player_count,
        payer_count,
        purchase_count,
        cast(net_revenue_usd as decimal(38, 8)) as net_revenue_usd,
        'ok' as purchases_state
    from credited_by_campaign
)

select * from final
