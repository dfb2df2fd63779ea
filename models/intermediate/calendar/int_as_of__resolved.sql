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

last_active_day as (
    select max(activity_date) as last_activity_date
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
        last_activity_date
    from last_active_day
),

final as (
    select
        as_of_date,
        cast(as_of_date - interval '1' day as date) as d1_date,
        last_activity_date
    from resolved
)

select * from final
