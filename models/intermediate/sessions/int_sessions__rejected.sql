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
        event_name,
        event_time_text,
        rejection_reason
    from sessions
    where rejection_reason is not null
)

select * from final
