{%- set reach_minutes = sweep_reach_minutes() %}
with

open_rows as (
    select * from {{ ref('int_reconciliation__reopened') }}
),

-- Of a crowded player, only what a receipt proves.
spare_rows as (
    select
        *,
        case when is_crowded then receipt_id end as searched_receipt_id
    from open_rows
    where is_spare and (not is_crowded or receipt_id is not null)
),

spare_purchases as (
    select
        *,
        {{ time_slot('happened_at', reach_minutes) }} as time_slot
    from spare_rows
    where side = 'purchase'
),

spare_confirmations as (
    select
        *,
        {{ explode_time_slots('happened_at', reach_minutes) }} as time_slot
    from spare_rows
    where side = 'confirmation'
),

paired as (
    select
        purchases.appsflyer_id,
        purchases.row_id as purchase_id,
        confirmations.row_id as confirmation_id,
        purchases.happened_at as purchased_at,
        confirmations.happened_at as confirmed_at,
        purchases.amount_usd as revenue_usd,
        confirmations.amount_usd as confirmation_revenue_usd,
        purchases.media_source,
        not purchases.is_matched and not confirmations.is_matched as is_unmatched,
        coalesce(purchases.receipt_id = confirmations.receipt_id, false) as is_same_receipt
    from spare_purchases as purchases
    inner join spare_confirmations as confirmations
        on
            purchases.appsflyer_id = confirmations.appsflyer_id
            and purchases.time_slot = confirmations.time_slot
            and purchases.searched_receipt_id is not distinct from confirmations.searched_receipt_id
            and confirmations.happened_at
            between purchases.happened_at - {{ reconciliation_window(reach_minutes) }}
            and purchases.happened_at + {{ reconciliation_window(reach_minutes) }}
),

final as (
    select
        *,
        {{ seconds_between('purchased_at', 'confirmed_at') }} as seconds_apart,
        confirmation_revenue_usd - revenue_usd as amount_difference_usd,
        count(*) over (partition by purchase_id) > 1
        or count(*) over (partition by confirmation_id) > 1 as is_contested
    from paired
)

select * from final
