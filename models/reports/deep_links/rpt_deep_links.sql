{{ config(post_hook="{{ export_json('deep_links.json', order_by=['character']) }}") }}

-- Waits for every mart. depends_on: {{ ref('rpt_period') }}
with

links as (
    select * from {{ ref('fct_deep_links') }}
),

final as (
    select
        character_id as character,  -- noqa: RF04
        click_count as clicks,
        player_count as players,
        first_click_at as first_click_utc,
        last_click_at as last_click_utc
    from links
)

select * from final
