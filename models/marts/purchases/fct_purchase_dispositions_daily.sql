with

classified as (
    select * from {{ ref('int_purchases__classified') }}
),

purchases as (
    select * from {{ ref('int_purchases__curated') }}
),

counted as (
    select
        cast(purchased_at as date) as purchased_date,
        disposition,
        count(*) as row_count,
        coalesce(sum(revenue_usd), 0) as revenue_usd
    from classified
    group by cast(purchased_at as date), disposition
),

earned as (
    select
        purchased_date,
        'curated' as disposition,
        sum(net_revenue_usd) as net_revenue_usd
    from purchases
    group by purchased_date
),

final as (
    select
        counted.purchased_date,
        counted.disposition,
        counted.row_count,
        counted.revenue_usd,
        coalesce(earned.net_revenue_usd, 0) as net_revenue_usd
    from counted
    left join earned
        on
            counted.purchased_date = earned.purchased_date
            and counted.disposition = earned.disposition
)

select * from final
