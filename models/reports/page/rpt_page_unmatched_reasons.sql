-- Waits for every mart, see there. depends_on: {{ ref('rpt_period') }}
with

ledger as (
    select * from {{ ref('fct_reconciliation') }}
),

final as (
    select
        outcome,
        reason,
        cast(sum(coalesce(revenue_usd, confirmation_revenue_usd)) as decimal(38, 8)) as revenue_usd,
        count(*) as row_count
    from ledger
    where outcome != 'matched'
    group by outcome, reason
)

select * from final
