-- Waits for every mart. depends_on: {{ ref('rpt_period') }}
with

alternatives as (
    select * from {{ ref('fct_reconciliation_alternatives') }}
),

final as (
    select
        cast(coalesce(sum(revenue_usd) filter (where is_different), 0) as decimal(38, 8))
            as different_revenue_usd,
        cast(coalesce(sum(distance_seconds) filter (where is_compared), 0) as decimal(38, 6))
            as total_seconds_apart,
        cast(coalesce(sum(optimal_distance_seconds), 0) as decimal(38, 6))
            as optimal_total_seconds_apart,
        count(distinct group_id) as ambiguous_groups,
        count(*) as ambiguous_purchases,
        count(*) filter (where not is_compared) as not_compared,
        count(*) filter (where is_different) as different,
        count(confirmation_id) filter (where is_compared) as matched,
        count(optimal_confirmation_id) as optimally_matched
    from alternatives
)

select * from final
