{{ config(materialized='view') }}

with

sessions as (
    select * from {{ ref('stg_game__sessions') }}
),

final as (
    select
        session_id,
        user_id,
        started_at,
        cast(started_at as date) as session_date,
        event_name
    from sessions
    where rejection_reason is null
)

select * from final
