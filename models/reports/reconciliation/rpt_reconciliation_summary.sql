-- Waits for every mart. depends_on: {{ ref('rpt_period') }}
with

ledger as (
    select * from {{ ref('fct_reconciliation') }}
),

final as (
    select
        count(*) filter (where outcome = 'matched') as matched,
        count(*) filter (where outcome = 'af_only') as af_only,
        count(*) filter (where outcome = 'confirmed_only') as confirmed_only,
        count(*) filter (where match_rule = 'receipt') as matched_by_receipt,
        count(*) filter (where match_rule = 'nearest') as matched_by_nearest,
        count(*) filter (where outcome = 'matched' and amount_difference_usd != 0)
            as matched_with_amount_difference,
        count(*) filter (where is_ambiguous) as ambiguous,
        coalesce(sum(revenue_usd) filter (where outcome = 'matched'), 0)
            as matched_af_revenue_usd,
        coalesce(sum(confirmation_revenue_usd) filter (where outcome = 'matched'), 0)
            as matched_confirmed_revenue_usd,
        coalesce(sum(revenue_usd) filter (where outcome = 'af_only'), 0)
            as af_only_revenue_usd,
        coalesce(sum(confirmation_revenue_usd) filter (where outcome = 'confirmed_only'), 0)
            as confirmed_only_revenue_usd
    from ledger
)

select * from final
