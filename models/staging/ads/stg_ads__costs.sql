with

source as (
    select * from {{ ref('costs_daily') }}
),

rates as (
    select *
    from {{ ref('stg_finance__exchange_rates') }}
    where rejection_reason is null
),

cleaned as (
    select
        source_row_number,
        {{ clean_text('date') }} as date_text,
        campaign as campaign_spelling,
        {{ campaign_name('campaign') }} as campaign,
        {{ clean_text('ad_cost_usd') }} as ad_cost_text,
        {{ campaign_id('campaign_id') }} as campaign_id,
        {{ clean_text('media_source') }} as media_source,
        {{ clean_text('cost') }} as original_cost_text,
        {{ clean_text('currency') }} as currency,
        {{ clean_text('cost_key') }} as cost_key,
        {{ clean_text('cost_version') }} as cost_version
    from source
),

parsed as (
    select
        source_row_number as cost_id,
        {{ parse_date('date_text') }} as cost_date,
        campaign,
        {{ parse_money('ad_cost_text') }} as ad_cost_usd,
        campaign_id,
        {{ lower_case('media_source') }} as media_source,
        {{ parse_money('original_cost_text') }} as original_cost,
        {{ upper_case('currency') }} as currency,
        cost_key,
        cost_version,
        date_text,
        ad_cost_text,
        original_cost_text,
        campaign_spelling
    from cleaned
),

priced as (
    select
        parsed.*,
        rates.usd_per_unit
    from parsed
    left join rates
        on parsed.currency = rates.currency and parsed.cost_date = rates.rate_date
),

converted as (
    select
        cost_id,
        cost_date,
        campaign,
        {{ usd_amount('ad_cost_usd', 'ad_cost_text', 'original_cost') }} as ad_cost_usd,
        campaign_id,
        media_source,
        original_cost,
        currency,
        cost_key,
        cost_version,
        date_text,
        ad_cost_text,
        original_cost_text,
        campaign_spelling,
        {{ usd_fault('ad_cost_text', 'original_cost') }} as cost_fault
    from priced
),

final as (
    select
        *,
        {{ rejection_reason({
            'unparsable_date': 'cost_date is null',
            'missing_campaign': 'campaign is null and campaign_id is null',
            'unparsable_cost': 'ad_cost_usd is null and cost_fault is null',
            'unknown_currency': "cost_fault = 'unknown_currency'",
            'missing_exchange_rate': "cost_fault = 'missing_exchange_rate'",
        }) }} as rejection_reason
    from converted
    where {{ until_as_of('cost_date') }}
)

select * from final
