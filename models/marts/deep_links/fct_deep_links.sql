with

events as (
    select * from {{ ref('int_events__landed') }}
),

final as (
    select
        character_id,
        count(*) as click_count,
        count(distinct user_id) as player_count,
        min(occurred_at) as first_click_at,
        max(occurred_at) as last_click_at
    from events
    where character_id is not null
    group by character_id
)

select * from final
