{{ config(
    materialized='view',
    post_hook="{{ export_json(
        'reconciliation.json',
        order_by=[
            \"case type when 'matched' then 1 when 'af_only' then 2 else 3 end\",
            'coalesce(af_event_time_utc, confirmed_event_time_utc)',
            'af_row_number',
            'confirmed_row_number',
        ],
        header=ref('rpt_reconciliation_summary'),
        header_key='summary',
        rows_key='details',
    ) }}"
) }}

-- Waits for every mart. depends_on: {{ ref('rpt_period') }}
with

ledger as (
    select * from {{ ref('fct_reconciliation') }}
),

final as (
    select
        outcome as type,
        appsflyer_id,
        purchased_at as af_event_time_utc,
        confirmed_at as confirmed_event_time_utc,
        seconds_apart,
        revenue_usd as af_revenue_usd,
        confirmation_revenue_usd as confirmed_revenue_usd,
        amount_difference_usd,
        match_rule,
        candidate_count,
        is_ambiguous,
        reason,
        nearest_seconds_apart,
        counterpart_row_number,
        counterpart_disposition,
        counterpart_reason,
        counterpart_seconds_apart,
        is_charged_back,
        purchase_id as af_row_number,
        confirmation_id as confirmed_row_number,
        coalesce(receipt_id, confirmation_receipt_id) as receipt_id
    from ledger
)

select * from final
