-- Waits for every mart. depends_on: {{ ref('rpt_period') }}
with

purchases as (
    select * from {{ ref('fct_purchases') }}
),

cohorts as (
    select * from {{ ref('fct_install_cohorts') }}
),

period as (
    select * from {{ ref('rpt_period') }}
),

installs as (
    select
        appsflyer_id,
        cast(min(installed_at) as date) as install_date
    from purchases
    group by appsflyer_id
),

first_days as (
    select min(purchased_date) as first_date
    from purchases
),

placed as (
    select
        purchases.net_revenue_usd,
        case
            when installs.install_date is null then 'without_install_time'
            when purchases.purchased_date < installs.install_date then 'before_install'
            when purchases.purchased_date > period.d1_date then 'after_d1'
            when installs.install_date < first_days.first_date then 'installed_before_data'
        end as outside
    from purchases
    inner join installs
        on purchases.appsflyer_id = installs.appsflyer_id
    cross join first_days
    cross join period
),

in_cohorts as (
    select coalesce(sum(net_revenue_to_date_usd), 0) as cohorts_usd
    from cohorts
    where age_days = 0
),

outside_cohorts as (
    select
        coalesce(sum(net_revenue_usd), 0) as net_revenue_usd,
        coalesce(sum(net_revenue_usd) filter (where outside = 'without_install_time'), 0)
            as without_install_time_usd,
        coalesce(sum(net_revenue_usd) filter (where outside = 'before_install'), 0)
            as before_install_usd,
        coalesce(sum(net_revenue_usd) filter (where outside = 'installed_before_data'), 0)
            as installed_before_data_usd,
        coalesce(sum(net_revenue_usd) filter (where outside = 'after_d1'), 0) as after_d1_usd
    from placed
),

final as (
    select
        outside_cohorts.net_revenue_usd,
        in_cohorts.cohorts_usd,
        outside_cohorts.without_install_time_usd,
        outside_cohorts.before_install_usd,
        outside_cohorts.installed_before_data_usd,
        outside_cohorts.after_d1_usd
    from outside_cohorts
    cross join in_cohorts
)

select * from final
