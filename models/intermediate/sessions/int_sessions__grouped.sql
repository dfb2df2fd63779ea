with

sessions as (
    select * from {{ ref('int_sessions__accepted') }}
),

player_days as (
    select
        user_id,
        session_date,
        count(*) as session_count
    from sessions
    group by user_id, session_date
),

final as (
    select
        user_id,
        session_date,
        session_count,
        first_value(session_date) over days_of_player as first_session_date,
        lead(session_date) over days_of_player as next_session_date
    from player_days
    window days_of_player as (partition by user_id order by session_date)
)

select * from final
