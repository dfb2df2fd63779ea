{{ config(
    materialized='view',
    post_hook="{{ export_json(
        'reconciliation_sweep.json',
        order_by=[
            \"case kind when 'window' then 1 else 2 end\",
            'window_minutes',
            \"coalesce(media_source, '')\",
            'shift_hours',
        ],
        header=ref('rpt_reconciliation_sweep_summary'),
        header_key='summary',
        rows_key='variations',
    ) }}"
) }}

-- Waits for every mart. depends_on: {{ ref('rpt_period') }}
with

sweep as (
    select * from {{ ref('fct_reconciliation_sweep') }}
),

final as (
    select
        kind,
        window_minutes,
        shift_hours,
        media_source,
        matched_count as matched,
        agreeing_count as agreeing,
        revenue_usd as matched_af_revenue_usd,
        confirmation_revenue_usd as matched_confirmed_revenue_usd,
        gained_count as gained,
        gained_revenue_usd as gained_af_revenue_usd,
        gained_confirmation_revenue_usd as gained_confirmed_revenue_usd,
        explained_share,
        is_configured,
        is_suggested
    from sweep
)

select * from final
