{% set is_refund = is_in('status', var('refund_statuses') | map('lower') | list) %}
{% set is_reversal = is_in('status', var('refund_reversal_statuses') | map('lower') | list) %}
{#- A store's own row names the receipt, and neither the player nor, in a file with players, an
    event. -#}
{%- set faults = {
    'missing_appsflyer_id': 'appsflyer_id is null and (confirmation_receipt_id is null'
        ~ ' or event_name is not null and named_players.is_named is not null)',
    'unparsable_time': 'confirmed_at is null',
} -%}
{%- do faults.update(money_faults('confirmation_revenue_usd')) -%}
{%- do faults.update({
    'failed_status': is_in('status', var('failed_statuses') | map('lower') | list),
}) %}
with

source as (
    select * from {{ ref('confirmed_purchases') }}
),

rates as (
    select *
    from {{ ref('stg_finance__exchange_rates') }}
    where rejection_reason is null
),

-- At most one row. A file in which nobody has an id is a store's own.
named_players as (
    select 1 as is_named
    from {{ ref('confirmed_purchases') }}
    where {{ clean_text('appsflyer_id') }} is not null
    limit 1  -- noqa: AM09
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
        {{ campaign_id('campaign_id') }} as confirmation_campaign_id,
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

priced as (
    select
        parsed.*,
        rates.usd_per_unit
    from parsed
    left join rates
        on
            parsed.currency = rates.currency
            and cast(parsed.confirmed_at as date) = rates.rate_date
),

converted as (
    select
        confirmation_id,
        appsflyer_id,
        event_name,
        confirmed_at,
        {{ usd_amount('confirmation_revenue_usd', 'revenue_text', 'original_revenue') }}
            as confirmation_revenue_usd,
        confirmation_campaign,
        confirmation_receipt_id,
        status,
        case
            when {{ is_refund }} then 'refund'
            when {{ is_reversal }} then 'refund_reversal'
        end as refund_kind,
        confirmation_campaign_id,
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

judged as (
    select
        *,
        {{ usd_fault('revenue_text', 'original_revenue') }} as revenue_fault,
        {{ refund_fault() }} as refund_fault,
        coalesce(refund_kind = 'refund', false) as is_refund,
        refund_kind is not null and confirmation_receipt_id is not null as is_refund_of_receipt
    from converted
),

final as (
    select
        judged.*,
        {{ rejection_reason(faults) }} as rejection_reason
    from judged
    left join named_players
        on true
    where {{ until_as_of('judged.confirmed_at') }}
)

select * from final
