with

ledger as (
    select * from {{ ref('fct_reconciliation') }}
),

purchases as (
    select * from {{ ref('int_purchases__curated') }}
),

confirmations as (
    select * from {{ ref('int_confirmations__accepted') }}
),

as_of as (
    select * from {{ ref('int_as_of__resolved') }}
),

outcomes as (
    select
        {{ quality_period(
            'cast(coalesce(ledger.purchased_at, ledger.confirmed_at) as date)', 'as_of.d1_date'
        ) }} as period,
        ledger.outcome,
        abs(ledger.seconds_apart) as seconds_apart,
        abs(ledger.amount_difference_usd) >= 0.01 as is_amount_mismatched
    from ledger
    cross join as_of
),

-- The same receipt of the same player on both sides, at any distance: pairs that would match if the
-- clocks agreed.
receipts_apart as (
    select
        {{ quality_period('purchases.purchased_date', 'as_of.d1_date') }} as period,
        {{ seconds_between('purchases.purchased_at', 'confirmations.confirmed_at') }}
            as seconds_apart
    from purchases
    inner join confirmations
        on
            purchases.receipt_id = confirmations.confirmation_receipt_id
            and purchases.appsflyer_id = confirmations.appsflyer_id
    cross join as_of
),

offset_by_zone as (
    select
        period,
        round(seconds_apart / 1800) / 2 as hours_apart,
        abs(seconds_apart - round(seconds_apart / 1800) * 1800) <= 600 as is_at_step
    from receipts_apart
    where period is not null
),

-- Some time zones differ by half an hour.
zone_steps as (
    select
        period,
        hours_apart,
        count(*) filter (where is_at_step) as at_step_count,
        count(*) filter (where not is_at_step) as off_step_count
    from offset_by_zone
    where hours_apart != 0
    group by period, hours_apart
),

-- If confirmations are only late, by any amount, the twenty minutes around a step hold twice as
-- many as the ten minutes between two steps. More than that is a peak; a wrong time zone puts all
-- rows there.
peaks as (
    select
        period,
        max(greatest(at_step_count - 2 * off_step_count, 0)) as peak_count
    from zone_steps
    group by period
),

receipts_counted as (
    select
        period,
        count(*) as receipt_count
    from offset_by_zone
    group by period
),

measured as (
    select
        period,
        count(*) filter (where outcome != 'confirmed_only') as purchase_count,
        count(*) filter (where outcome != 'af_only') as confirmation_count,
        count(*) filter (where outcome = 'matched') as matched_count,
        count(*) filter (where is_amount_mismatched) as amount_mismatch_count,
        median(seconds_apart) as median_seconds_apart
    from outcomes
    where period is not null
    group by period
),

rated as (
    select
        measured.period,
        measured.matched_count,
        measured.median_seconds_apart,
        {{ share_of('measured.matched_count', 'measured.purchase_count') }}
            as purchase_match_rate,
        {{ share_of('measured.matched_count', 'measured.confirmation_count') }}
            as confirmation_match_rate,
        {{ share_of('measured.amount_mismatch_count', 'measured.matched_count') }}
            as amount_mismatch_share,
        {{ share_of('coalesce(peaks.peak_count, 0)', 'receipts_counted.receipt_count') }}
            as zone_step_share
    from measured
    left join receipts_counted
        on measured.period = receipts_counted.period
    left join peaks
        on measured.period = peaks.period
),

final as (
    select
        period,
        purchase_match_rate,
        confirmation_match_rate,
        lag(purchase_match_rate) over (order by period) - purchase_match_rate
            as purchase_match_rate_drop,
        amount_mismatch_share,
        case when matched_count >= {{ var('quality_min_rows') }} then median_seconds_apart end
            as median_seconds_apart,
        zone_step_share
    from rated
)

select * from final
