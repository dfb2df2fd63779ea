{{ config(post_hook="{{ export_json('arpdau_d1.json', order_by=['date']) }}") }}

with

days as (
    select * from {{ ref('fct_arpdau_daily') }}
),

period as (
    select * from {{ ref('rpt_period') }}
),

-- The join starts with the period, so the report has one row even without any activity.
final as (
    select
        period.d1_date as date,
        days.arpdau_usd,
        coalesce(days.net_revenue_usd, 0) as revenue_usd,
        coalesce(days.dau, 0) as dau,
        coalesce(days.arpdau_state, 'missing_sessions') as state
    from period
    left join days
        on period.d1_date = days.activity_date
)

select * from final
