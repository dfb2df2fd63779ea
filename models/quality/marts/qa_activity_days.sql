{%- set history_days = var('roas_history_window_days') %}
{%- set is_rated = "ad_cost_usd > 0 and coalesce(roas_state, 'ok') != 'restricted'" %}
with

days as (
    select * from {{ ref('fct_arpdau_daily') }}
),

roas as (
    select * from {{ ref('fct_campaign_roas_daily') }}
),

purchases as (
    select * from {{ ref('int_purchases__curated') }}
),

sessions as (
    select * from {{ ref('int_sessions__accepted') }}
),

as_of as (
    select * from {{ ref('int_as_of__resolved') }}
),

purchasers_daily as (
    select
        purchased_date,
        count(distinct appsflyer_id) as purchaser_count
    from purchases
    group by purchased_date
),

users_daily as (
    select
        cast(started_at as date) as session_date,
        count(distinct user_id) as user_count
    from sessions
    group by cast(started_at as date)
),

paid_daily as (
    select
        activity_date,
        sum(purchase_count) as purchase_count,
        sum(purchase_count) filter (where roas_state = 'missing_cost') as uncosted_purchase_count,
        sum(net_revenue_usd) filter (where {{ is_rated }}) as costed_revenue_usd,
        sum(ad_cost_usd) filter (where {{ is_rated }}) as ad_cost_usd
    from roas
    group by activity_date
),

trailed as (
    select
        *,
        avg(arpdau_usd) over trailing_days as trailing_arpdau_usd,
        count(arpdau_usd) over trailing_days as history_days
    from days
    window
        trailing_days as (
            order by activity_date rows between {{ history_days }} preceding and 1 preceding
        )
),

-- Players and installations have different ids, but every buyer also plays.
final as (
    select
        trailed.activity_date,
        trailed.dau,
        coalesce(users_daily.user_count, 0) as user_count,
        trailed.dau - coalesce(users_daily.user_count, 0) as excess_user_count,
        trailed.arpdau_usd,
        coalesce(purchasers_daily.purchaser_count, 0) as purchaser_count,
        case
            when purchasers_daily.purchaser_count >= {{ var('quality_min_rows_per_day') }}
                then purchasers_daily.purchaser_count / nullif(cast(trailed.dau as double), 0)
        end as purchasers_per_active_user,
        case
            when
                trailed.history_days >= {{ var('roas_min_history_days') }}
                and trailed.purchase_count >= {{ var('quality_min_rows_per_day') }}
                then trailed.arpdau_usd / nullif(trailed.trailing_arpdau_usd, 0)
        end as arpdau_ratio,
        case
            when paid_daily.purchase_count >= {{ var('quality_min_rows_per_day') }}
                then
                    cast(coalesce(paid_daily.uncosted_purchase_count, 0) as double)
                    / cast(paid_daily.purchase_count as double)
        end as uncosted_purchase_share,
        case
            when paid_daily.purchase_count >= {{ var('quality_min_rows_per_day') }}
                then
                    cast(paid_daily.costed_revenue_usd as double)
                    / nullif(cast(paid_daily.ad_cost_usd as double), 0)
        end as blended_roas
    from trailed
    cross join as_of
    left join users_daily
        on trailed.activity_date = users_daily.session_date
    left join purchasers_daily
        on trailed.activity_date = purchasers_daily.purchased_date
    left join paid_daily
        on trailed.activity_date = paid_daily.activity_date
    where {{ quality_period('trailed.activity_date', 'as_of.d1_date') }} = 'recent'
)

select * from final
