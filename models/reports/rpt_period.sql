-- The reports change together or not at all: all of them wait for this model, and it stands on
-- every mart, so a failed test of any mart stops every report.
-- depends_on: {{ ref('fct_purchases') }}
-- depends_on: {{ ref('fct_purchase_dispositions_daily') }}
-- depends_on: {{ ref('fct_reconciliation') }}
-- depends_on: {{ ref('fct_confirmation_dispositions_daily') }}
-- depends_on: {{ ref('fct_campaign_roas_daily') }}
-- depends_on: {{ ref('fct_arpdau_daily') }}
-- depends_on: {{ ref('dim_players') }}
-- depends_on: {{ ref('fct_player_events_daily') }}
-- depends_on: {{ ref('fct_deep_links') }}
with

as_of as (
    select * from {{ ref('int_as_of__resolved') }}
),

final as (
    select
        as_of_date,
        d1_date
    from as_of
)

select * from final
