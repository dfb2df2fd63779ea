with

purchases as (
    select * from {{ ref('int_purchases__classified') }}
),

final as (
    select
        cast(purchased_at as date) as purchased_date,
        disposition,
        count(*) as row_count,
        coalesce(sum(revenue_usd), 0) as revenue_usd,
        sum(net_revenue_usd) as net_revenue_usd
    from purchases
    group by cast(purchased_at as date), disposition
)

select * from final
