{{ config(post_hook="{{ export_json('engagement_daily.json', order_by=['date']) }}") }}

with

days as (
    select * from {{ ref('fct_arpdau_daily') }}
),

period as (
    select * from {{ ref('rpt_period') }}
),

-- Later days are not over.
final as (
    select
        days.activity_date as date,
        days.net_revenue_usd as revenue_usd,
        days.dau,
        days.new_dau,
        days.returning_dau,
        days.payer_count as payers,
        days.conversion_rate,
        days.arpdau_usd,
        days.arppu_usd,
        days.arpdau_state as state,
        days.mau,
        days.stickiness,
        days.mau_state
    from days
    inner join period
        on days.activity_date <= period.d1_date
)

select * from final
