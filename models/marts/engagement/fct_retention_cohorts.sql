with

player_days as (
    select * from {{ ref('int_sessions__grouped') }}
),

as_of as (
    select * from {{ ref('int_as_of__resolved') }}
),

ages as (
    {{ listed('age_days', [1, 3, 7, 14, 30]) }}
),

returns as (
    select
        first_session_date,
        session_date,
        count(*) as player_count
    from player_days
    group by first_session_date, session_date
),

session_days as (
    select distinct session_date from returns
),

cells as (
    select
        cohorts.first_session_date,
        cohorts.player_count,
        ages.age_days,
        as_of.d1_date,
        cast(
            cohorts.first_session_date + ages.age_days * interval '1' day as date
        ) as return_date
    from returns as cohorts
    inner join as_of
        on cohorts.first_session_date <= as_of.d1_date
    cross join ages
    where cohorts.session_date = cohorts.first_session_date
),

judged as (
    select
        cells.*,
        coalesce(returns.player_count, 0) as returned_count,
        case
            when cells.return_date > cells.d1_date then 'immature'
            when session_days.session_date is null then 'missing_sessions'
            else 'ok'
        end as retention_state
    from cells
    left join returns
        on
            cells.first_session_date = returns.first_session_date
            and cells.return_date = returns.session_date
    left join session_days
        on cells.return_date = session_days.session_date
),

final as (
    select
        first_session_date,
        age_days,
        player_count,
        retention_state,
        case when retention_state = 'ok' then returned_count end as returned_count,
        case
            when retention_state = 'ok'
                then cast(returned_count as double) / cast(player_count as double)
        end as retention
    from judged
)

select * from final
