{%- set networks = var('restricted_media_sources') | map('lower') | list %}
with

purchases as (
    select * from {{ ref('int_purchases__curated') }}
),

costs as (
    select * from {{ ref('int_costs__accepted') }}
),

withheld as (
    select count(*) > 0 as has_restricted_purchases
    from purchases
    where media_source = 'restricted'
),

seen as (
    select
        campaign,
        media_source,
        true as is_purchase
    from purchases
    where {{ is_paid_campaign('campaign') }}
    union all
    select
        campaign,
        media_source,
        false as is_purchase
    from costs
    where {{ is_paid_campaign('campaign') }}
),

campaigns as (
    select
        campaign,
        count(*) filter (where not is_purchase) as cost_count,
        count(*) filter (where is_purchase) as purchase_count,
        count(media_source) as network_count,
        count(*) filter (where {{ is_in('media_source', networks) }}) as restricted_network_count
    from seen
    group by campaign
),

-- A campaign of an unknown network may be of any, unless a purchase was attributed to it.
final as (
    select campaigns.campaign
    from campaigns
    cross join withheld
    where
        campaigns.cost_count > 0
        and case
            when campaigns.restricted_network_count > 0
                then withheld.has_restricted_purchases or campaigns.purchase_count = 0
            else
                withheld.has_restricted_purchases
                and campaigns.network_count = 0
                and campaigns.purchase_count = 0
        end
)

select * from final
