with

earnings as (
    select * from {{ ref('int_purchases__earned') }}
),

sessions as (
    select * from {{ ref('int_sessions__accepted') }}
),

as_of as (
    select * from {{ ref('int_as_of__resolved') }}
),

active_days as (
    select earned_date as activity_date from earnings
    union all
    select session_date as activity_date from sessions
    union all
    select d1_date as activity_date from as_of
),

span as (
    select
        min(activity_date) as first_date,
        max(activity_date) as last_date
    from active_days
),

days as (
    select {{ explode_days('first_date', 'last_date') }} as activity_date
    from span
),

revenue_daily as (
    select
        earned_date,
        count(*) - count(*) filter (where is_refund) as purchase_count,
        sum(net_revenue_usd) as net_revenue_usd
    from earnings
    group by earned_date
),

users_daily as (
    select
        session_date,
        count(distinct user_id) as dau,
        count(*) as session_count
    from sessions
    group by session_date
),

spined as (
    select
        days.activity_date,
        coalesce(revenue_daily.purchase_count, 0) as purchase_count,
        coalesce(revenue_daily.net_revenue_usd, 0) as net_revenue_usd,
        coalesce(users_daily.session_count, 0) as session_count,
        coalesce(users_daily.dau, 0) as dau
    from days
    left join revenue_daily
        on days.activity_date = revenue_daily.earned_date
    left join users_daily
        on days.activity_date = users_daily.session_date
),

final as (
    select
        activity_date,
        purchase_count,
        net_revenue_usd,
        session_count,
        dau,
        case
            when dau > 0 then cast(net_revenue_usd as double) / dau
        end as arpdau_usd,
        case when dau > 0 then 'ok' else 'missing_sessions' end as arpdau_state
    from spined
)

select * from final
