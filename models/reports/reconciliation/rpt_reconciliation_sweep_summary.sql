-- Waits for every mart. depends_on: {{ ref('rpt_period') }}
with

sweep as (
    select * from {{ ref('fct_reconciliation_sweep') }}
),

-- The shift that explains most, and the window that is suggested.
found as (
    select
        max(matched_count) as most_matched_count,
        max(case when is_configured then window_minutes end) as window_minutes,
        max(case when kind = 'window' and is_suggested then window_minutes end)
            as suggested_window_minutes,
        max(case when kind = 'window' and is_suggested then gained_count end)
            as window_gained_count,
        max(case when kind = 'window' and is_suggested then gained_revenue_usd end)
            as window_gained_revenue_usd,
        sum(
            case
                when kind = 'shift' and is_suggested and media_source is null then gained_count
            end
        ) as shift_gained_count,
        sum(
            case
                when kind = 'shift' and is_suggested and media_source is null
                    then gained_revenue_usd
            end
        ) as shift_gained_revenue_usd,
        max(unsearched_count) as unsearched_count
    from sweep
),

largest_shift as (
    select shift_hours
    from sweep
    where kind = 'shift' and is_suggested and media_source is null
    qualify
        row_number() over (order by gained_count desc, abs(shift_hours) asc, shift_hours asc) = 1
),

final as (
    select
        found.window_minutes,
        found.suggested_window_minutes,
        largest_shift.shift_hours,
        found.unsearched_count as unsearched,
        cast(abs(coalesce(found.shift_gained_count, found.window_gained_count)) as bigint)
            as rows_at_stake,
        cast(
            abs(coalesce(found.shift_gained_revenue_usd, found.window_gained_revenue_usd))
            as decimal(38, 8)
        ) as revenue_at_stake_usd,
        case
            when found.shift_gained_count > 0 then 'shifted'
            when found.suggested_window_minutes > found.window_minutes then 'too_narrow'
            when found.suggested_window_minutes < found.window_minutes then 'too_wide'
            when found.most_matched_count = 0 then 'no_matches'
            else 'fits'
        end as verdict
    from found
    left join largest_shift
        on true
)

select * from final
