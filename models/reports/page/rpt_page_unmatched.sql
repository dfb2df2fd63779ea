-- Waits for every mart. depends_on: {{ ref('rpt_period') }}
with

ledger as (
    select * from {{ ref('fct_reconciliation') }}
),

unmatched as (
    select
        reconciliation_id,
        outcome,
        appsflyer_id,
        reason,
        nearest_seconds_apart,
        counterpart_row_number,
        counterpart_disposition,
        counterpart_reason,
        counterpart_seconds_apart,
        is_charged_back,
        purchase_id,
        confirmation_id,
        coalesce(purchased_at, confirmed_at) as happened_at,
        coalesce(revenue_usd, confirmation_revenue_usd) as revenue_usd,
        coalesce(campaign, confirmation_campaign) as campaign,
        coalesce(receipt_id, confirmation_receipt_id) as receipt_id
    from ledger
    where outcome != 'matched'
),

ranked as (
    select
        *,
        row_number() over (order by revenue_usd desc, happened_at desc, reconciliation_id asc)
            as page_rank
    from unmatched
),

final as (
    select
        page_rank,
        outcome,
        reason,
        revenue_usd,
        appsflyer_id,
        happened_at,
        campaign,
        receipt_id,
        nearest_seconds_apart,
        counterpart_row_number,
        counterpart_disposition,
        counterpart_reason,
        counterpart_seconds_apart,
        is_charged_back,
        purchase_id,
        confirmation_id
    from ranked
    where page_rank <= {{ var('page_max_rows') }}
)

select * from final
