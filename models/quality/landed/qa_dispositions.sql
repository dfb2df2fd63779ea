with

purchases as (
    select *
    from {{ ref('int_purchases__classified') }}
    where not ({{ is_repeated_message() }})
),

as_of as (
    select * from {{ ref('int_as_of__resolved') }}
),

-- Rows without a time have no day, so only the period `all` counts them.
whole_and_recent as (
    select
        'all' as period,
        disposition
    from purchases
    union all
    select
        'recent' as period,
        purchases.disposition
    from purchases
    cross join as_of
    where {{ quality_period('cast(purchases.purchased_at as date)', 'as_of.d1_date') }} = 'recent'
),

counted as (
    select
        period,
        count(*) as row_count,
        count(*) filter (where disposition = 'malformed') as malformed_count,
        count(*) filter (where disposition = 'not_a_purchase') as not_a_purchase_count,
        count(*) filter (where disposition = 'chargeback') as chargeback_count,
        count(*) filter (where disposition = 'failed') as failed_count,
        count(*) filter (where disposition = 'false_success') as false_success_count,
        count(*) filter (where disposition = 'duplicate') as duplicate_count
    from whole_and_recent
    group by period
),

final as (
    select
        period,
        row_count,
        {{ share_of('malformed_count', 'row_count') }} as malformed_share,
        {{ share_of('not_a_purchase_count', 'row_count') }} as not_a_purchase_share,
        {{ share_of('chargeback_count', 'row_count') }} as chargeback_share,
        {{ share_of('failed_count', 'row_count') }} as failed_share,
        {{ share_of('false_success_count', 'row_count') }} as false_success_share,
        {{ share_of('duplicate_count', 'row_count') }} as duplicate_share
    from counted
)

select * from final
