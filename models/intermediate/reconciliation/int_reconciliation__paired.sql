with

purchases as (
    select * from {{ ref('int_purchases__curated') }}
),

confirmations as (
    select * from {{ ref('int_confirmations__accepted') }}
),

slotted_purchases as (
    select
        *,
        {{ time_slot('purchased_at') }} as time_slot
    from purchases
),

slotted_confirmations as (
    select
        *,
        {{ explode_time_slots('confirmed_at') }} as time_slot
    from confirmations
),

paired as (
    select
        purchases.purchase_id,
        confirmations.confirmation_id,
        purchases.appsflyer_id,
        purchases.purchased_at,
        confirmations.confirmed_at,
        coalesce(purchases.receipt_id = confirmations.confirmation_receipt_id, false)
            as is_same_receipt,
        {{ seconds_between('purchases.purchased_at', 'confirmations.confirmed_at') }}
            as seconds_apart,
        confirmations.confirmation_revenue_usd - purchases.revenue_usd as amount_difference_usd
    from slotted_purchases as purchases
    inner join slotted_confirmations as confirmations
        on
            purchases.appsflyer_id = confirmations.appsflyer_id
            and purchases.time_slot = confirmations.time_slot
            and confirmations.confirmed_at
            between purchases.purchased_at - {{ reconciliation_window() }}
            and purchases.purchased_at + {{ reconciliation_window() }}
),

-- Most pairs are the only one of their purchase and of their confirmation.
contested_purchases as (
    select purchase_id
    from paired
    group by purchase_id
    having count(*) > 1
),

contested_confirmations as (
    select confirmation_id
    from paired
    group by confirmation_id
    having count(*) > 1
),

-- Best first. The ids break ties, so no two pairs of a player share a rank.
contested as (
    select
        purchase_id,
        confirmation_id,
        {{ pair_rank('appsflyer_id', 'seconds_apart') | indent(8) }} as pair_rank
    from paired
    where
        purchase_id in (select contested_purchases.purchase_id from contested_purchases)
        or confirmation_id in (
            select contested_confirmations.confirmation_id from contested_confirmations
        )
),

final as (
    select
        paired.purchase_id,
        paired.confirmation_id,
        paired.appsflyer_id,
        paired.is_same_receipt,
        paired.seconds_apart,
        paired.amount_difference_usd,
        contested.pair_rank
    from paired
    left join contested
        on
            paired.purchase_id = contested.purchase_id
            and paired.confirmation_id = contested.confirmation_id
)

select * from final
