{{ config(post_hook="{{ export_json(
    'cohorts.json',
    order_by=[
        'case when campaign is null then 1 else 0 end', 'campaign', 'install_date', 'age_days'
    ],
    header=ref('rpt_cohorts_summary'),
    header_key='summary',
    rows_key='cohorts',
) }}") }}

-- Waits for every mart. depends_on: {{ ref('rpt_period') }}
with

cohorts as (
    select * from {{ ref('fct_install_cohorts') }}
),

final as (
    select
        campaign,
        install_date,
        age_days,
        net_revenue_usd as revenue_usd,
        payer_count as payers,
        ad_cost_usd,
        roas,
        roas_state as state,
        net_revenue_to_date_usd as revenue_to_date_usd,
        payback_days,
        payback_state
    from cohorts
)

select * from final
