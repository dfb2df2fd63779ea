{%- set by_refund_day = var('refunds_count_on') == 'refund_day' %}
{%- set no_text = 'cast(null as ' ~ type_string() ~ ')' %}
{%- set no_count = 'cast(null as bigint)' %}
{%- set no_amount = 'cast(null as decimal(24, 8))' %}
with

purchases as (
    select * from {{ ref('int_purchases__curated') }}
),

classified as (
    select * from {{ ref('int_purchases__classified') }}
),

earnings as (
    select * from {{ ref('int_purchases__earned') }}
),

costs as (
    select * from {{ ref('int_costs__accepted') }}
),

days as (
    select * from {{ ref('fct_arpdau_daily') }}
),

builds as (
    select * from {{ source('history', 'builds') }}
),

recorded as (
    select * from {{ source('history', 'input_row_changes') }}
),

refund_days as (
    select
        purchase_id,
        earned_date,
        net_revenue_usd as taken_back_usd
    from earnings
    where is_refund
),

now as (
    select
        'purchases_raw' as input_name,
        {{ purchase_key() }} as row_key,
        'curated' as disposition,
        'success' as status,
        purchased_date as activity_date,
        campaign,
        revenue_usd,
        {{ 'revenue_usd' if by_refund_day else 'net_revenue_usd' }} as net_revenue_usd,
        {{ no_amount }} as ad_cost_usd,
        cast(1 as bigint) as purchase_count,
        {{ no_count }} as session_count,
        {{ no_count }} as dau,
        cast(1 as bigint) as row_count
    from purchases
    union all
    select
        'purchases_raw' as input_name,
        {{ purchase_key() }} as row_key,
        disposition,
        status,
        cast(purchased_at as date) as activity_date,
        campaign,
        revenue_usd,
        {{ no_amount }} as net_revenue_usd,
        {{ no_amount }} as ad_cost_usd,
        {{ no_count }} as purchase_count,
        {{ no_count }} as session_count,
        {{ no_count }} as dau,
        cast(1 as bigint) as row_count
    from classified
    where disposition != 'curated'
    union all
    select
        'purchases_raw' as input_name,
        {{ purchase_key() }} as row_key,
        'refund' as disposition,
        {{ no_text }} as status,
        refund_days.earned_date as activity_date,
        purchases.campaign,
        purchases.revenue_usd,
        refund_days.taken_back_usd as net_revenue_usd,
        {{ no_amount }} as ad_cost_usd,
        {{ no_count }} as purchase_count,
        {{ no_count }} as session_count,
        {{ no_count }} as dau,
        cast(1 as bigint) as row_count
    from refund_days
    inner join purchases
        on refund_days.purchase_id = purchases.purchase_id
    union all
    select
        'costs_daily' as input_name,
        concat(coalesce(campaign, ''), ' ', cost_date) as row_key,
        'accepted' as disposition,
        {{ no_text }} as status,
        cost_date as activity_date,
        campaign,
        {{ no_amount }} as revenue_usd,
        {{ no_amount }} as net_revenue_usd,
        cast(sum(ad_cost_usd) as decimal(24, 8)) as ad_cost_usd,
        {{ no_count }} as purchase_count,
        {{ no_count }} as session_count,
        {{ no_count }} as dau,
        cast(1 as bigint) as row_count
    from costs
    group by campaign, cost_date
    union all
    select
        'sessions' as input_name,
        cast(activity_date as {{ type_string() }}) as row_key,
        'accepted' as disposition,
        {{ no_text }} as status,
        activity_date,
        {{ no_text }} as campaign,
        {{ no_amount }} as revenue_usd,
        {{ no_amount }} as net_revenue_usd,
        {{ no_amount }} as ad_cost_usd,
        {{ no_count }} as purchase_count,
        session_count,
        dau,
        cast(1 as bigint) as row_count
    from days
    where session_count > 0
),

final as (
    {{ changes_since_recorded('now', 'recorded', input_row_columns()) }}
)

select * from final
