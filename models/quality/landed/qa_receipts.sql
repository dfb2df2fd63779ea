with

purchases as (
    select * from {{ ref('int_purchases__curated') }}
),

confirmations as (
    select * from {{ ref('int_confirmations__accepted') }}
),

as_of as (
    select * from {{ ref('int_as_of__resolved') }}
),

both_sides as (
    select
        'purchase' as side,
        {{ quality_period('purchases.purchased_date', 'as_of.d1_date') }} as period,
        purchases.receipt_id
    from purchases
    cross join as_of
    union all
    select
        'confirmation' as side,
        {{ quality_period('cast(confirmations.confirmed_at as date)', 'as_of.d1_date') }}
            as period,
        confirmations.confirmation_receipt_id as receipt_id
    from confirmations
    cross join as_of
),

counted as (
    select
        period,
        count(*) filter (where side = 'purchase') as purchase_count,
        count(receipt_id) filter (where side = 'purchase') as purchase_receipt_count,
        count(*) filter (where side = 'confirmation') as confirmation_count,
        count(receipt_id) filter (where side = 'confirmation') as confirmation_receipt_count
    from both_sides
    where period is not null
    group by period
),

shared as (
    select
        period,
        {{ share_of('purchase_receipt_count', 'purchase_count') }} as purchase_receipt_share,
        {{ share_of('confirmation_receipt_count', 'confirmation_count') }}
            as confirmation_receipt_share
    from counted
),

final as (
    select
        period,
        purchase_receipt_share,
        confirmation_receipt_share,
        abs(purchase_receipt_share - confirmation_receipt_share) as receipt_share_difference
    from shared
)

select * from final
