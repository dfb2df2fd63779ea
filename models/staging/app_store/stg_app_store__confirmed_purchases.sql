with

source as (
    select * from {{ ref('confirmed_purchases') }}
),

cleaned as (
    select
        source_row_number,
        {{ clean_text('appsflyer_id') }} as appsflyer_id,
        {{ clean_text('event_name') }} as event_name,
        {{ clean_text('event_time_utc') }} as event_time_text,
        {{ clean_text('revenue_usd') }} as revenue_text,
        campaign as campaign_spelling,
        {{ campaign_name('campaign') }} as confirmation_campaign,
        {{ clean_text('receipt_id') }} as confirmation_receipt_id,
        {{ clean_text('status') }} as status,
        {{ clean_text('campaign_id') }} as confirmation_campaign_id,
        {{ clean_text('revenue') }} as original_revenue_text,
        {{ clean_text('currency') }} as currency,
        {{ clean_text('refund_amount_usd') }} as refund_amount_usd_text,
        {{ clean_text('refund_amount') }} as original_refund_amount_text,
        {{ clean_text('refund_percentage') }} as refund_percentage_text
    from source
),

parsed as (
    select
        source_row_number as confirmation_id,
        appsflyer_id,
        {{ lower_case('event_name') }} as event_name,
        {{ parse_utc_timestamp('event_time_text') }} as confirmed_at,
        {{ parse_money('revenue_text') }} as confirmation_revenue_usd,
        confirmation_campaign,
        confirmation_receipt_id,
        {{ lower_case('status') }} as status,
        confirmation_campaign_id,
        {{ parse_money('original_revenue_text') }} as original_revenue,
        {{ upper_case('currency') }} as currency,
        {{ parse_money('refund_amount_usd_text') }} as refund_amount_usd,
        {{ parse_money('original_refund_amount_text') }} as original_refund_amount,
        {{ parse_money('refund_percentage_text') }} as refund_percentage,
        event_time_text,
        revenue_text,
        original_revenue_text,
        refund_amount_usd_text,
        original_refund_amount_text,
        refund_percentage_text,
        campaign_spelling
    from cleaned
),

final as (
    select
        *,
        {{ rejection_reason({
            'missing_appsflyer_id': 'appsflyer_id is null',
            'unparsable_time': 'confirmed_at is null',
            'unparsable_revenue': 'confirmation_revenue_usd is null',
        }) }} as rejection_reason
    from parsed
    where {{ until_as_of('confirmed_at') }}
)

select * from final
