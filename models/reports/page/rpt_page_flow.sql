-- Waits for every mart, see there. depends_on: {{ ref('rpt_period') }}
with

purchase_dispositions as (
    select * from {{ ref('fct_purchase_dispositions_daily') }}
),

confirmation_dispositions as (
    select * from {{ ref('fct_confirmation_dispositions_daily') }}
),

summary as (
    select * from {{ ref('rpt_reconciliation_summary') }}
),

purchases_sorted as (
    select
        'purchases_raw.csv' as source_node,
        disposition as target_node,
        sum(row_count) as row_count,
        sum(revenue_usd) as revenue_usd
    from purchase_dispositions
    group by disposition
),

confirmations_sorted as (
    select
        'confirmed_purchases.csv' as source_node,
        disposition as target_node,
        sum(row_count) as row_count,
        sum(revenue_usd) as revenue_usd
    from confirmation_dispositions
    group by disposition
),

reconciled as (
    select
        'curated' as source_node,
        'matched' as target_node,
        matched as row_count,
        matched_af_revenue_usd as revenue_usd
    from summary
    union all
    select
        'curated' as source_node,
        'af_only' as target_node,
        af_only as row_count,
        af_only_revenue_usd as revenue_usd
    from summary
    union all
    select
        'accepted' as source_node,
        'matched' as target_node,
        matched as row_count,
        matched_confirmed_revenue_usd as revenue_usd
    from summary
    union all
    select
        'accepted' as source_node,
        'confirmed_only' as target_node,
        confirmed_only as row_count,
        confirmed_only_revenue_usd as revenue_usd
    from summary
),

flows as (
    select * from purchases_sorted
    union all
    select * from confirmations_sorted
    union all
    select * from reconciled
),

final as (
    select
        source_node,
        target_node,
        cast(row_count as bigint) as row_count,
        cast(revenue_usd as decimal(38, 8)) as revenue_usd
    from flows
    where row_count > 0
)

select * from final
