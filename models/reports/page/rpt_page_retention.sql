-- Waits for every mart. depends_on: {{ ref('rpt_period') }}
with

cohorts as (
    select * from {{ ref('fct_retention_cohorts') }}
),

-- The players of each day, and those of all days, whose first_session_date is null.
summed as (
    select
        first_session_date,
        age_days,
        sum(player_count) as player_count,
        sum(returned_count) as returned_count,
        sum(case when retention_state = 'ok' then player_count end) as known_player_count,
        min(retention_state) as retention_state
    from cohorts
    group by age_days, rollup(first_session_date)
),

final as (
    select
        first_session_date,
        age_days,
        retention_state,
        cast(player_count as bigint) as player_count,
        cast(returned_count as double) / cast(known_player_count as double) as retention
    from summed
)

select * from final
