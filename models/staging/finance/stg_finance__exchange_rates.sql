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

-- Two more decimals than money, because a unit of some currencies is worth thousandths of a cent.
parsed as (
    select
        source_row_number as exchange_rate_id,
        {{ parse_date('date_text') }} as rate_date,
        {{ upper_case('currency_text') }} as currency,
        case
            when {{ parse_money('usd_per_unit_text') }} is not null
                then try_cast(replace(usd_per_unit_text, ',', '.') as decimal(17, 10))
        end as usd_per_unit,
        date_text,
        currency_text,
        usd_per_unit_text
    from cleaned
),

judged as (
    select
        *,
        {{ rejection_reason({
            'unparsable_date': 'rate_date is null',
            'missing_currency': 'currency is null',
            'unknown_currency': 'not ' ~ is_currency('currency'),
            'unparsable_rate': 'usd_per_unit is null or usd_per_unit <= 0',
        }) }} as fault
    from parsed
),

final as (
    select
        exchange_rate_id,
        rate_date,
        currency,
        usd_per_unit,
        date_text,
        currency_text,
        usd_per_unit_text,
        case
            when fault is not null then fault
            when
                row_number() over (
                    partition by rate_date, currency, fault order by exchange_rate_id desc
                ) > 1
                then 'replaced_by_later_row'
        end as rejection_reason
    from judged
)

select * from final
