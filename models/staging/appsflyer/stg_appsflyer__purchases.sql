{#- A view, because the only reader, int_purchases__classified, keeps all columns. Spark computes a
    view for each reader, so there it is a table. #}
{{ config(materialized='view' if target.type == 'duckdb' else 'table') }}

with

source as (
    select * from {{ ref('purchases_raw') }}
),

cleaned as (
    select
        source_row_number,
        {{ clean_text('appsflyer_id') }} as appsflyer_id,
        {{ clean_text('event_name') }} as event_name,
        {{ clean_text('event_time_utc') }} as event_time_text,
        {{ clean_text('revenue_usd') }} as revenue_text,
        campaign as campaign_spelling,
        {{ campaign_name('campaign') }} as campaign,
        {{ clean_text('receipt_id') }} as receipt_id,
        {{ clean_text('status') }} as status
    from source
),

final as (
    select
        source_row_number as purchase_id,
        appsflyer_id,
        {{ lower_case('event_name') }} as event_name,
        {{ parse_utc_timestamp('event_time_text') }} as purchased_at,
        {{ parse_money('revenue_text') }} as revenue_usd,
        campaign,
        receipt_id,
        {{ lower_case('status') }} as status,
        event_time_text,
        revenue_text,
        campaign_spelling
    from cleaned
)

select * from final
