with

purchases as (
    select * from {{ ref('int_purchases__classified') }}
),

confirmations as (
    select * from {{ ref('int_confirmations__refunded') }}
),

reported as (
    select
        'purchases_raw' as source_name,
        purchase_id as source_row_number,
        receipt_id,
        purchased_at as refunded_at,
        disposition = 'refund_reversal' as is_reversal,
        refund_amount_usd,
        original_refund_amount,
        currency,
        refund_percentage
    from purchases
    where disposition in ('chargeback', 'refund_reversal')
    union all
    select
        'confirmed_purchases' as source_name,
        confirmation_id as source_row_number,
        confirmation_receipt_id as receipt_id,
        confirmed_at as refunded_at,
        refund_kind = 'refund_reversal' as is_reversal,
        refund_amount_usd,
        original_refund_amount,
        currency,
        refund_percentage
    from confirmations
),

-- Exports write a refund with or without a minus. Without an amount or a percentage it takes all.
-- In the currency of the purchase it takes its share: at the rate of another day, a full refund
-- would leave cents.
claimed as (
    select
        purchases.purchase_id,
        purchases.revenue_usd,
        reported.source_name,
        reported.source_row_number,
        reported.refunded_at,
        reported.is_reversal,
        case
            when reported.is_reversal then 0
            else least(purchases.revenue_usd, coalesce(
                case
                    when
                        reported.currency = purchases.currency
                        and reported.original_refund_amount is not null
                        and purchases.original_revenue > 0
                        then cast(
                            purchases.revenue_usd
                            * cast(
                                least(
                                    abs(reported.original_refund_amount)
                                    / purchases.original_revenue,
                                    1
                                ) as decimal(11, 10)
                            ) as decimal(24, 8)
                        )
                end,
                abs(reported.refund_amount_usd),
                cast(
                    purchases.revenue_usd
                    * cast(least(abs(reported.refund_percentage), 100) * 0.01 as decimal(11, 10))
                    as decimal(24, 8)
                ),
                purchases.revenue_usd
            ))
        end as claimed_usd
    from purchases
    inner join reported
        on purchases.receipt_id = reported.receipt_id
    where purchases.disposition = 'curated'
),

-- Refunds have no id: a row that says the same as another of its file is its copy.
distinct_claims as (
    select *
    from claimed
    qualify
        row_number() over (
            partition by purchase_id, source_name, refunded_at, is_reversal, claimed_usd
            order by source_row_number
        ) = 1
),

-- The order in which refunds and reversals of a purchase take effect is total.
ordered as (
    select
        *,
        row_number() over (
            partition by purchase_id
            order by refunded_at asc, source_name desc, source_row_number asc
        ) as refund_number
    from distinct_claims
),

-- A reversal restores everything up to it, so that refunds add up anew from there.
numbered as (
    select
        *,
        sum(case when is_reversal then 1 else 0 end) over (
            partition by purchase_id order by refund_number
            rows between unbounded preceding and current row
        ) as reversal_count
    from ordered
),

summed as (
    select
        *,
        sum(case when source_name = 'purchases_raw' then claimed_usd else 0 end) over so_far
            as claimed_by_purchases_usd,
        sum(case when source_name = 'purchases_raw' then 0 else claimed_usd end) over so_far
            as claimed_by_confirmations_usd
    from numbered
    window
        so_far as (
            partition by purchase_id, reversal_count order by refund_number
            rows between unbounded preceding and current row
        )
),

-- Both files may have the same refund: the larger sum counts, and never more than the purchase.
capped as (
    select
        *,
        cast(
            least(
                revenue_usd, greatest(claimed_by_purchases_usd, claimed_by_confirmations_usd)
            ) as decimal(24, 8)
        ) as refunded_usd
    from summed
),

final as (
    select
        source_name,
        source_row_number,
        purchase_id,
        refunded_at,
        cast(refunded_at as date) as refunded_date,
        is_reversal,
        refunded_usd,
        cast(
            refunded_usd
            - coalesce(
                lag(refunded_usd) over (partition by purchase_id order by refund_number), 0
            ) as decimal(24, 8)
        ) as taken_back_usd
    from capped
)

select * from final
