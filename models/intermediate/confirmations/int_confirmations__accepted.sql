{%- set is_named = 'coalesce(confirmations.confirmation_campaign,'
    ~ ' confirmations.confirmation_campaign_id) is not null' %}
with

confirmations as (
    select *
    from {{ ref('stg_app_store__confirmed_purchases') }}
    where rejection_reason is null and refund_kind is null
),

purchases as (
    select * from {{ ref('stg_appsflyer__purchases') }}
),

-- The lists of the stores name the receipt and not the player.
unnamed_receipts as (
    select confirmation_receipt_id
    from confirmations
    where appsflyer_id is null
),

bought as (
    select
        receipt_id,
        appsflyer_id,
        event_name,
        campaign,
        campaign_id
    from purchases
    where
        appsflyer_id is not null
        and receipt_id in (select unnamed_receipts.confirmation_receipt_id from unnamed_receipts)
    qualify
        row_number() over (
            partition by receipt_id
            order by
                case status when 'success' then 0 else 1 end,
                case when not is_primary_attribution then 1 else 0 end,
                purchased_at asc nulls last,
                purchase_id asc
        ) = 1
),

final as (
    select
        confirmations.confirmation_id,
        confirmations.confirmed_at,
        confirmations.confirmation_revenue_usd,
        confirmations.confirmation_receipt_id,
        confirmations.original_revenue,
        confirmations.currency,
        coalesce(confirmations.appsflyer_id, bought.appsflyer_id) as appsflyer_id,
        coalesce(confirmations.event_name, bought.event_name) as event_name,
        case when {{ is_named }} then confirmations.confirmation_campaign else bought.campaign end
            as confirmation_campaign,
        case
            when {{ is_named }} then confirmations.confirmation_campaign_id
            else bought.campaign_id
        end as confirmation_campaign_id
    from confirmations
    left join bought
        on
            confirmations.confirmation_receipt_id = bought.receipt_id
            and confirmations.appsflyer_id is null
)

select * from final
