with

accepted as (
    select * from {{ ref('int_confirmations__accepted') }}
),

refunded as (
    select * from {{ ref('int_confirmations__refunded') }}
),

rejected as (
    select * from {{ ref('int_confirmations__rejected') }}
),

disposed as (
    select
        confirmed_at,
        confirmation_revenue_usd,
        'accepted' as disposition
    from accepted
    union all
    select
        confirmed_at,
        confirmation_revenue_usd,
        'rejected' as disposition
    from rejected
    union all
    select
        confirmed_at,
        confirmation_revenue_usd,
        refund_kind as disposition
    from refunded
),

final as (
    select
        cast(confirmed_at as date) as confirmed_date,
        disposition,
        count(*) as row_count,
        coalesce(sum(confirmation_revenue_usd), 0) as confirmation_revenue_usd
    from disposed
    group by cast(confirmed_at as date), disposition
)

select * from final
