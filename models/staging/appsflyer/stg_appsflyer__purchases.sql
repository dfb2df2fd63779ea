{#- A view, because int_purchases__classified keeps all columns, and int_confirmations__accepted
    reads it only for confirmations without a player. Spark computes a view for each reader, so
    there it is a table. #}
{{ config(materialized='view' if target.type == 'duckdb' else 'table') }}

with

file_rows as (
    select * from {{ ref('purchases_raw') }}
),

messages as (
    select * from {{ ref('stg_appsflyer__messages') }}
),

rates as (
    select *
    from {{ ref('stg_finance__exchange_rates') }}
    where rejection_reason is null
),

cleaned as (
    {%- for source in ['file_rows', 'messages'] %}
        select
            source_row_number,
            {{ clean_text('appsflyer_id') }} as appsflyer_id,
            {{ clean_text('event_name') }} as event_name,
            {{ clean_text('event_time_utc') }} as event_time_text,
            {{ clean_text('revenue_usd') }} as revenue_text,
            campaign as campaign_spelling,
            {{ campaign_name('campaign') }} as campaign,
            {{ clean_text('receipt_id') }} as receipt_id,
            {{ clean_text('status') }} as status,
            {{ campaign_id('campaign_id') }} as campaign_id,
            {{ clean_text('media_source') }} as media_source,
            {{ clean_text('is_primary_attribution') }} as is_primary_attribution,
            {{ clean_text('is_receipt_validated') }} as is_receipt_validated,
            {{ clean_text('install_time_utc') }} as install_time_text,
            {{ clean_text('customer_user_id') }} as customer_user_id,
            {{ clean_text('revenue') }} as original_revenue_text,
            {{ clean_text('currency') }} as currency,
            {{ clean_text('refund_amount_usd') }} as refund_amount_usd_text,
            {{ clean_text('refund_amount') }} as original_refund_amount_text,
            {{ clean_text('refund_percentage') }} as refund_percentage_text
        from {{ source }}
        {{ 'union all' if not loop.last }}
    {%- endfor %}
),

parsed as (
    select
        source_row_number as purchase_id,
        appsflyer_id,
        {{ lower_case('event_name') }} as event_name,
        {{ parse_utc_timestamp('event_time_text') }} as purchased_at,
        {{ parse_money('revenue_text') }} as revenue_usd,
        campaign,
        receipt_id,
        {{ lower_case('status') }} as status,
        campaign_id,
        {{ lower_case('media_source') }} as media_source,
        {{ parse_boolean('is_primary_attribution') }} as is_primary_attribution,
        {{ parse_boolean('is_receipt_validated') }} as is_receipt_validated,
        {{ parse_utc_timestamp('install_time_text') }} as installed_at,
        customer_user_id,
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

priced as (
    select
        parsed.*,
        rates.usd_per_unit
    from parsed
    left join rates
        on
            parsed.currency = rates.currency
            and cast(parsed.purchased_at as date) = rates.rate_date
),

converted as (
    select
        purchase_id,
        appsflyer_id,
        event_name,
        purchased_at,
        {{ usd_amount('revenue_usd', 'revenue_text', 'original_revenue') }} as revenue_usd,
        campaign,
        receipt_id,
        status,
        campaign_id,
        media_source,
        is_primary_attribution,
        is_receipt_validated,
        installed_at,
        customer_user_id,
        original_revenue,
        currency,
        {{ usd_amount('refund_amount_usd', 'refund_amount_usd_text', 'original_refund_amount') }}
            as refund_amount_usd,
        original_refund_amount,
        refund_percentage,
        usd_per_unit,
        event_time_text,
        revenue_text,
        original_revenue_text,
        refund_amount_usd_text,
        original_refund_amount_text,
        refund_percentage_text,
        campaign_spelling
    from priced
),

final as (
    select
        *,
        {{ usd_fault('revenue_text', 'original_revenue') }} as revenue_fault,
        {{ refund_fault() }} as refund_fault
    from converted
    where {{ until_as_of('purchased_at') }}
)

select * from final
