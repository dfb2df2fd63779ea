{{ config(
    materialized='view',
    post_hook="{{ export_json(
        'reconciliation_alternatives.json',
        order_by=['group_id', 'af_event_time_utc', 'af_row_number'],
        hidden=['group_id'],
        header=ref('rpt_reconciliation_alternatives_summary'),
        header_key='summary',
        rows_key='pairs',
    ) }}"
) }}

-- Waits for every mart. depends_on: {{ ref('rpt_period') }}
with

alternatives as (
    select * from {{ ref('fct_reconciliation_alternatives') }}
),

final as (
    select
        group_id,
        appsflyer_id,
        purchased_at as af_event_time_utc,
        revenue_usd as af_revenue_usd,
        purchase_id as af_row_number,
        confirmation_id as confirmed_row_number,
        optimal_confirmation_id as optimal_confirmed_row_number,
        distance_seconds as seconds_apart,
        optimal_distance_seconds as optimal_seconds_apart
    from alternatives
    where is_different
)

select * from final
