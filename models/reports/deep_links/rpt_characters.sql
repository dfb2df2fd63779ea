{{ config(post_hook="{{ export_json('characters.json', order_by=[
    'character', 'clicks is null', 'campaign is not null', 'campaign'
]) }}") }}

-- Waits for every mart. depends_on: {{ ref('rpt_period') }}
with

characters as (
    select * from {{ ref('fct_character_purchases') }}
),

final as (
    select
        character_id as character,  -- noqa: RF04
        scope,
        campaign,
        click_count as clicks,
        player_count as players,
        payer_count as payers,
        purchase_count as purchases,
        net_revenue_usd as revenue_usd,
        purchases_state as state
    from characters
)

select * from final
