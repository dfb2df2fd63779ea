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
        {{ clean_text('receipt_id') }} as confirmation_receipt_id
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
        event_time_text,
        revenue_text,
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
)

select * from final
