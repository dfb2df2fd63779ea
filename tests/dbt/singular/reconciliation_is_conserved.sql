-- Every curated purchase and every accepted confirmation is in the ledger, with its money, and
-- every row of confirmed_purchases.csv has a disposition.
with

purchases as (
    select * from {{ ref('int_purchases__curated') }}
),

confirmation_rows as (
    select * from {{ ref('stg_app_store__confirmed_purchases') }}
),

dispositions as (
    select * from {{ ref('fct_confirmation_dispositions_daily') }}
),

confirmations as (
    select * from {{ ref('int_confirmations__accepted') }}
),

ledger as (
    select * from {{ ref('fct_reconciliation') }}
),

inputs as (
    select
        (select count(*) from confirmation_rows) as row_count,
        (select coalesce(sum(confirmation_revenue_usd), 0) from confirmation_rows)
            as row_revenue_usd,
        (select count(*) from purchases) as purchase_count,
        (select coalesce(sum(revenue_usd), 0) from purchases) as revenue_usd,
        (select count(*) from confirmations) as confirmation_count,
        (select coalesce(sum(confirmation_revenue_usd), 0) from confirmations)
            as confirmation_revenue_usd
),

outcomes as (
    select
        (select coalesce(sum(dispositions.row_count), 0) from dispositions) as row_count,
        (select coalesce(sum(dispositions.confirmation_revenue_usd), 0) from dispositions)
            as row_revenue_usd,
        count(*) filter (where outcome in ('matched', 'af_only')) as purchase_count,
        coalesce(sum(revenue_usd), 0) as revenue_usd,
        count(*) filter (where outcome in ('matched', 'confirmed_only')) as confirmation_count,
        coalesce(sum(confirmation_revenue_usd), 0) as confirmation_revenue_usd
    from ledger
)

select * from inputs
except
select * from outcomes
