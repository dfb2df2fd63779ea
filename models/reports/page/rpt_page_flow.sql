-- Waits for every mart. depends_on: {{ ref('rpt_period') }}
with

purchase_dispositions as (
    select * from {{ ref('fct_purchase_dispositions_daily') }}
),

confirmation_dispositions as (
    select * from {{ ref('fct_confirmation_dispositions_daily') }}
),

ledger as (
    select * from {{ ref('fct_reconciliation') }}
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
        sum(confirmation_revenue_usd) as revenue_usd
    from confirmation_dispositions
    group by disposition
),

reconciled as (
    select
        'curated' as source_node,
        outcome as target_node,
        count(*) as row_count,
        sum(revenue_usd) as revenue_usd
    from ledger
    where purchase_id is not null
    group by outcome
    union all
    select
        'accepted' as source_node,
        outcome as target_node,
        count(*) as row_count,
        sum(confirmation_revenue_usd) as revenue_usd
    from ledger
    where confirmation_id is not null
    group by outcome
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
)

select * from final
