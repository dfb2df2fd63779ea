with

purchases as (
    select * from {{ ref('int_purchases__curated') }}
),

sessions as (
    select * from {{ ref('int_sessions__accepted') }}
),

active_days as (
    select purchased_date as activity_date from purchases
    union all
    select session_date as activity_date from sessions
),

span as (
    select
        min(activity_date) as first_activity_date,
        max(activity_date) as last_activity_date
    from active_days
),

resolved as (
    select
        coalesce(
            {{ as_of_date() }},
            cast(
                last_activity_date
                + interval '{{ 1 if var('last_day_is_complete') else 0 }}' day as date
            )
        ) as as_of_date,
        first_activity_date,
        last_activity_date
    from span
),

final as (
    select
        as_of_date,
        cast(as_of_date - interval '1' day as date) as d1_date,
        first_activity_date,
        last_activity_date
    from resolved
)

select * from final
