with

purchases as (
    select * from {{ ref('int_purchases__curated') }}
),

confirmations as (
    select * from {{ ref('int_confirmations__accepted') }}
),

as_of as (
    select * from {{ ref('int_as_of__resolved') }}
),

amounts as (
    select
        'purchases_raw' as source_name,
        purchased_date as activity_date,
        revenue_usd
    from purchases
    union all
    select
        'confirmed_purchases' as source_name,
        cast(confirmed_at as date) as activity_date,
        confirmation_revenue_usd as revenue_usd
    from confirmations
),

in_periods as (
    select
        amounts.source_name,
        log10(amounts.revenue_usd) as log_amount,
        {{ quality_period('amounts.activity_date', 'as_of.d1_date') }} as period
    from amounts
    cross join as_of
    where amounts.revenue_usd > 0
),

counted as (
    select
        source_name,
        log_amount,
        count(*) filter (where period = 'recent') as recent_count,
        count(*) filter (where period = 'before') as before_count
    from in_periods
    where period is not null
    group by source_name, log_amount
),

cumulated as (
    select
        source_name,
        recent_count,
        before_count,
        sum(recent_count) over (partition by source_name) as recent_total,
        sum(before_count) over (partition by source_name) as before_total,
        sum(recent_count) over upward as recent_up_to_here,
        sum(before_count) over upward as before_up_to_here,
        (lead(log_amount) over by_amount) - log_amount as log_distance_to_next
    from counted
    window
        by_amount as (partition by source_name order by log_amount),
        upward as (
            partition by source_name order by log_amount
            rows between unbounded preceding and current row
        )
),

-- The area between the two cumulative distributions is the work of turning one into the other: the
-- number of rows that move, times the distance. A new price moves few rows a little; another
-- currency or unit moves all rows far.
moved as (
    select
        source_name,
        recent_count,
        before_count,
        log_distance_to_next * abs(
            recent_up_to_here / cast(nullif(recent_total, 0) as double)
            - before_up_to_here / cast(nullif(before_total, 0) as double)
        ) as log_distance_moved
    from cumulated
),

totalled as (
    select
        source_name,
        cast(sum(recent_count) as bigint) as recent_row_count,
        cast(sum(before_count) as bigint) as before_row_count,
        coalesce(sum(log_distance_moved), 0) as log_distance_moved
    from moved
    group by source_name
),

final as (
    select
        source_name,
        recent_row_count,
        before_row_count,
        case
            when
                recent_row_count >= {{ var('quality_min_rows') }}
                and before_row_count >= {{ var('quality_min_rows') }}
                then log_distance_moved
        end as distribution_shift
    from totalled
)

select * from final
