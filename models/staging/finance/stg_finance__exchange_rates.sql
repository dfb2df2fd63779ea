with

source as (
    select * from {{ ref('exchange_rates') }}
),

cleaned as (
    select
        source_row_number,
        {{ clean_text('date') }} as date_text,
        {{ clean_text('currency') }} as currency_text,
        {{ clean_text('usd_per_unit') }} as usd_per_unit_text
    from source
),

parsed as (
    select
        source_row_number as exchange_rate_id,
        {{ parse_date('date_text') }} as rate_date,
        {{ upper_case('currency_text') }} as currency,
        {{ parse_money('usd_per_unit_text') }} as usd_per_unit,
        date_text,
        currency_text,
        usd_per_unit_text
    from cleaned
),

final as (
    select
        *,
        {{ rejection_reason({
            'unparsable_date': 'rate_date is null',
            'missing_currency': 'currency is null',
            'unparsable_rate': 'usd_per_unit is null or usd_per_unit <= 0',
        }) }} as rejection_reason
    from parsed
)

select * from final
