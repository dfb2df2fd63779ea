with

purchases as (
    select * from {{ ref('int_purchases__classified') }}
),

confirmations as (
    select * from {{ ref('stg_app_store__confirmed_purchases') }}
),

costs as (
    select * from {{ ref('stg_ads__costs') }}
),

written as (
    select
        campaign,
        campaign_spelling
    from purchases
    union all
    select
        confirmation_campaign as campaign,
        campaign_spelling
    from confirmations
    union all
    select
        campaign,
        campaign_spelling
    from costs
),

final as (
    select
        campaign,
        campaign_spelling,
        {{ is_paid_campaign('campaign') }} as is_paid,
        count(*) as row_count
    from written
    where campaign is not null
    group by campaign, campaign_spelling
)

select * from final
