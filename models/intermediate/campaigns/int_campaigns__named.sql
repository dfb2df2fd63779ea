with

purchases as (
    select * from {{ ref('int_purchases__classified') }}
),

confirmations as (
    select * from {{ ref('int_confirmations__accepted') }}
),

costs as (
    select * from {{ ref('stg_ads__costs') }}
),

superseded_costs as (
    select * from {{ ref('int_costs__superseded') }}
),

-- A cost counts at the end of its day: on the day on which a campaign gets another name, the ad
-- network knows it first.
written as (
    select
        campaign_id,
        campaign,
        max(purchased_at) as written_at
    from purchases
    where campaign_id is not null
    group by campaign_id, campaign
    union all
    select
        confirmation_campaign_id as campaign_id,
        confirmation_campaign as campaign,
        max(confirmed_at) as written_at
    from confirmations
    where confirmation_campaign_id is not null
    group by confirmation_campaign_id, confirmation_campaign
    union all
    select
        campaign_id,
        campaign,
        max(cast(cost_date + interval '1' day as timestamp)) as written_at
    from costs
    where
        campaign_id is not null
        and rejection_reason is null
        and not exists (
            select 1
            from superseded_costs
            where superseded_costs.cost_id = costs.cost_id
        )
    group by campaign_id, campaign
),

-- A campaign without a name is called by its id.
named as (
    select
        campaign_id,
        coalesce(campaign, {{ upper_case('campaign_id') }}) as campaign
    from written
    qualify
        row_number() over (
            partition by campaign_id
            order by
                case when campaign is null then 1 else 0 end,
                written_at desc nulls last,
                campaign desc
        ) = 1
),

-- A name that two ids have says nothing about rows without an id.
names as (
    select
        campaign,
        min(campaign_id) as campaign_id
    from written
    where campaign is not null
    group by campaign
    having count(distinct campaign_id) = 1
),

final as (
    select
        campaign_id as campaign_key,
        campaign
    from named
    union all
    select
        names.campaign as campaign_key,
        named.campaign
    from names
    inner join named
        on names.campaign_id = named.campaign_id
    where
        names.campaign != named.campaign
        and names.campaign not in (select ids.campaign_id from named as ids)
)

select * from final
