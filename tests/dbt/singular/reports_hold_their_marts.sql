-- A report has all rows of its mart.
with

purchases as (
    select * from {{ ref('fct_purchases') }}
),

ledger as (
    select * from {{ ref('fct_reconciliation') }}
),

report_purchases as (
    select * from {{ ref('rpt_purchases_curated') }}
),

report_ledger as (
    select * from {{ ref('rpt_reconciliation') }}
),

summary as (
    select * from {{ ref('rpt_reconciliation_summary') }}
),

counted as (
    select
        (select count(*) from purchases) as purchase_count,
        (select count(*) from report_purchases) as reported_purchase_count,
        (select count(*) from ledger) as outcome_count,
        (select count(*) from report_ledger) as reported_outcome_count,
        matched + af_only + confirmed_only as summarised_outcome_count
    from summary
)

select *
from counted
where
    purchase_count != reported_purchase_count
    or outcome_count != reported_outcome_count
    or outcome_count != summarised_outcome_count
