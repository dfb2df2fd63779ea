{#- A player with more pairs in a slot of time (a bot) is not matched again. -#}
{%- set most_pairs = 2500 %}
{%- set reach_minutes = sweep_reach_minutes() %}
with

purchases as (
    select *
    from {{ ref('int_purchases__classified') }}
    where disposition = 'curated'
),

confirmations as (
    select *
    from {{ ref('int_confirmations__accepted') }}
    where appsflyer_id is not null
),

matches as (
    select * from {{ ref('int_reconciliation__matched') }}
),

candidates as (
    select * from {{ ref('int_reconciliation__paired') }}
),

-- No window frees a row from its own receipt within the configured one.
open_rows as (
    select
        'purchase' as side,
        purchases.purchase_id as row_id,
        purchases.appsflyer_id,
        purchases.purchased_at as happened_at,
        purchases.revenue_usd as amount_usd,
        purchases.receipt_id,
        purchases.media_source,
        matches.purchase_id is not null as is_matched
    from purchases
    left join matches
        on purchases.purchase_id = matches.purchase_id
    where coalesce(matches.match_rule, 'none') != 'receipt'
    union all
    select
        'confirmation' as side,
        confirmations.confirmation_id as row_id,
        confirmations.appsflyer_id,
        confirmations.confirmed_at as happened_at,
        confirmations.confirmation_revenue_usd as amount_usd,
        confirmations.confirmation_receipt_id as receipt_id,
        cast(null as {{ dbt.type_string() }}) as media_source,
        matches.confirmation_id is not null as is_matched
    from confirmations
    left join matches
        on confirmations.confirmation_id = matches.confirmation_id
    where coalesce(matches.match_rule, 'none') != 'receipt'
),

-- A wider window gives a matched row of these players to its own receipt.
displaced_players as (
    select distinct purchase.appsflyer_id
    from open_rows as purchase
    inner join open_rows as confirmation
        on
            purchase.appsflyer_id = confirmation.appsflyer_id
            and purchase.receipt_id = confirmation.receipt_id
            and confirmation.happened_at
            between purchase.happened_at - {{ reconciliation_window(reach_minutes) }}
            and purchase.happened_at + {{ reconciliation_window(reach_minutes) }}
    where
        purchase.side = 'purchase'
        and confirmation.side = 'confirmation'
        and (purchase.is_matched or confirmation.is_matched)
),

spare_rows as (
    select
        open_rows.*,
        not open_rows.is_matched or displaced_players.appsflyer_id is not null as is_spare
    from open_rows
    left join displaced_players
        on open_rows.appsflyer_id = displaced_players.appsflyer_id
),

slotted as (
    select
        appsflyer_id,
        side,
        {{ time_slot('happened_at', reach_minutes) }} as time_slot
    from spare_rows
    where is_spare and side = 'purchase'
    union all
    select
        appsflyer_id,
        side,
        {{ explode_time_slots('happened_at', reach_minutes) }} as time_slot
    from spare_rows
    where is_spare and side = 'confirmation'
),

crowded_players as (
    select appsflyer_id
    from slotted
    group by appsflyer_id, time_slot
    having
        count(case when side = 'purchase' then 1 end)
        * count(case when side = 'confirmation' then 1 end)
        > {{ most_pairs }}
    union
    select appsflyer_id
    from candidates
    where pair_rank is not null
    group by appsflyer_id
    having count(*) > {{ most_pairs }}
),

final as (
    select
        spare_rows.side,
        spare_rows.row_id,
        spare_rows.appsflyer_id,
        spare_rows.happened_at,
        spare_rows.amount_usd,
        spare_rows.receipt_id,
        spare_rows.media_source,
        spare_rows.is_matched,
        -- A crowded player keeps the matches of the ledger.
        spare_rows.is_spare and (not spare_rows.is_matched or crowded_players.appsflyer_id is null)
            as is_spare,
        crowded_players.appsflyer_id is not null as is_crowded
    from spare_rows
    left join crowded_players
        on spare_rows.appsflyer_id = crowded_players.appsflyer_id
)

select * from final
