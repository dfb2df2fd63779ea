with

earnings as (
    select * from {{ ref('int_purchases__earned') }}
),

player_days as (
    select * from {{ ref('int_sessions__grouped') }}
),

as_of as (
    select * from {{ ref('int_as_of__resolved') }}
),

active_days as (
    select earned_date as activity_date from earnings
    union all
    select session_date as activity_date from player_days
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
        sum(net_revenue_usd) as net_revenue_usd,
        count(distinct appsflyer_id) filter (where not is_refund and net_revenue_usd > 0)
            as payer_count
    from earnings
    group by earned_date
),

users_daily as (
    select
        session_date,
        count(*) as dau,
        count(*) filter (where session_date = first_session_date) as new_dau,
        sum(session_count) as session_count
    from player_days
    group by session_date
),

-- A player counts for 30 days, or until the next day with a session, which counts anew.
left_players as (
    select
        least(
            coalesce(next_session_date, cast(session_date + interval '30' day as date)),
            cast(session_date + interval '30' day as date)
        ) as left_date
    from player_days
),

left_daily as (
    select
        left_date,
        count(*) as left_count
    from left_players
    group by left_date
),

first_sessions as (
    select min(session_date) as first_session_date
    from player_days
),

spined as (
    select
        days.activity_date,
        first_sessions.first_session_date,
        cast(coalesce(users_daily.session_count, 0) as bigint) as session_count,
        coalesce(revenue_daily.purchase_count, 0) as purchase_count,
        coalesce(revenue_daily.net_revenue_usd, 0) as net_revenue_usd,
        coalesce(revenue_daily.payer_count, 0) as payer_count,
        coalesce(users_daily.dau, 0) as dau,
        coalesce(users_daily.new_dau, 0) as new_dau,
        coalesce(left_daily.left_count, 0) as left_count
    from days
    cross join first_sessions
    left join revenue_daily
        on days.activity_date = revenue_daily.earned_date
    left join users_daily
        on days.activity_date = users_daily.session_date
    left join left_daily
        on days.activity_date = left_daily.left_date
),

counted as (
    select
        *,
        cast(sum(dau - left_count) over (order by activity_date) as bigint) as active_count
    from spined
),

judged as (
    select
        *,
        case
            when
                coalesce({{ days_between('first_session_date', 'activity_date') }} < 29, true)
                then 'insufficient_history'
            when active_count = 0 then 'missing_sessions'
            else 'ok'
        end as mau_state
    from counted
),

final as (
    select
        activity_date,
        purchase_count,
        net_revenue_usd,
        session_count,
        dau,
        new_dau,
        payer_count,
        mau_state,
        dau - new_dau as returning_dau,
        case
            when dau > 0 then cast(net_revenue_usd as double) / dau
        end as arpdau_usd,
        case when dau > 0 then 'ok' else 'missing_sessions' end as arpdau_state,
        case when dau > 0 then cast(payer_count as double) / dau end as conversion_rate,
        case
            when payer_count > 0 then cast(net_revenue_usd as double) / payer_count
        end as arppu_usd,
        case when mau_state = 'ok' then active_count end as mau,
        case
            when mau_state = 'ok' and dau > 0 then cast(dau as double) / active_count
        end as stickiness
    from judged
)

select * from final
