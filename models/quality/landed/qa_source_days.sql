{%- set history_days = var('roas_history_window_days') %}
with

purchases as (
    select *
    from {{ ref('int_purchases__classified') }}
    where not ({{ is_repeated_message() }})
),

confirmations as (
    select * from {{ ref('int_confirmations__accepted') }}
),

costs as (
    select * from {{ ref('int_costs__accepted') }}
),

sessions as (
    select * from {{ ref('int_sessions__accepted') }}
),

events as (
    select *
    from {{ ref('stg_api__events') }}
    where event_type != 'appsflyer_push'
),

as_of as (
    select * from {{ ref('int_as_of__resolved') }}
),

counted as (
    select
        'purchases_raw' as source_name,
        cast(purchased_at as date) as activity_date,
        count(*) as row_count
    from purchases
    group by cast(purchased_at as date)
    union all
    select
        'confirmed_purchases' as source_name,
        cast(confirmed_at as date) as activity_date,
        count(*) as row_count
    from confirmations
    group by cast(confirmed_at as date)
    union all
    select
        'costs_daily' as source_name,
        cost_date as activity_date,
        count(*) as row_count
    from costs
    group by cost_date
    union all
    select
        'sessions' as source_name,
        session_date as activity_date,
        count(*) as row_count
    from sessions
    group by session_date
    union all
    select
        'game_events' as source_name,
        cast(received_at as date) as activity_date,
        count(*) as row_count
    from events
    group by cast(received_at as date)
),

-- The files share a calendar, in which D-1 is the last complete day. The last complete day of the
-- API is the one before its newest event.
spans as (
    select
        counted.source_name,
        min(counted.activity_date) as first_date,
        case
            when counted.source_name = 'game_events'
                then cast(max(counted.activity_date) - interval '1' day as date)
            else max(as_of.d1_date)
        end as last_date
    from counted
    cross join as_of
    where counted.activity_date is not null
    group by counted.source_name
),

days as (
    select
        source_name,
        last_date,
        {{ explode_days('first_date', 'last_date') }} as activity_date
    from spans
),

spined as (
    select
        days.source_name,
        days.activity_date,
        days.last_date,
        coalesce(counted.row_count, 0) as row_count
    from days
    left join counted
        on
            days.source_name = counted.source_name
            and days.activity_date = counted.activity_date
),

trailed as (
    select
        *,
        avg(row_count) over trailing_days as trailing_row_average,
        count(*) over trailing_days as history_days
    from spined
    window
        trailing_days as (
            partition by source_name order by activity_date
            rows between {{ history_days }} preceding and 1 preceding
        )
),

-- Small daily volumes vary by chance.
final as (
    select
        source_name,
        activity_date,
        row_count,
        trailing_row_average,
        case
            when
                history_days >= {{ var('roas_min_history_days') }}
                and trailing_row_average >= {{ var('quality_min_rows_per_day') }}
                then row_count / trailing_row_average
        end as volume_ratio
    from trailed
    where {{ quality_period('activity_date', 'last_date') }} = 'recent'
)

select * from final
