{#- Row numbers are below 2^50, so an id with the number of a variation is a bigint. -#}
{%- set windows = sweep_windows() %}
{%- set configured_minutes = var('reconciliation_window_minutes') | int %}
{%- set configured_number = windows.index(configured_minutes) %}
{%- set steps = range(-28, 29) | reject('equalto', 0) | list %}
{%- set near = configured_minutes // 30 %}
with

candidates as (
    select * from {{ ref('int_reconciliation__paired') }}
),

open_rows as (
    select * from {{ ref('int_reconciliation__reopened') }}
),

measured as (
    select * from {{ ref('int_reconciliation__reconsidered') }}
),

purchases as (
    select * from {{ ref('int_purchases__classified') }}
),

confirmations as (
    select * from {{ ref('int_confirmations__accepted') }}
),

windows as (
    {{ listed('window_minutes', windows, number='window_number') }}
),

-- A step is half an hour.
shifts as (
    {{ listed('step', steps, number='variation', first=windows | length) }}
),

-- The steps that can bring a pair into the window, counted from its own.
near as (
    {{ listed('step', range(-near, near + 2)) }}
),

-- One row for each shift that brings the pair into the window.
shifted as (
    select
        measured.*,
        shifts.variation,
        shifts.step,
        measured.seconds_apart - 1800 * shifts.step as shifted_seconds_apart
    from measured
    cross join near
    inner join shifts
        on
            shifts.step
            = cast(floor(cast(measured.seconds_apart as double) / 1800) as int) + near.step
    where
        measured.is_unmatched
        and abs(measured.seconds_apart - 1800 * shifts.step) <= 60 * {{ configured_minutes }}
),

-- What a variation has to choose from, ranked as in `int_reconciliation__paired`.
contested as (
    select
        windows.window_number as variation,
        candidates.appsflyer_id,
        candidates.purchase_id,
        candidates.confirmation_id,
        candidates.pair_rank
    from candidates
    inner join windows
        on
            windows.window_number < {{ configured_number }}
            and abs(candidates.seconds_apart) <= 60 * windows.window_minutes
    where
        candidates.pair_rank is not null
        and candidates.appsflyer_id not in (
            select open_rows.appsflyer_id
            from open_rows
            where open_rows.is_crowded
        )
    union all
    select
        windows.window_number as variation,
        ranked.appsflyer_id,
        ranked.purchase_id,
        ranked.confirmation_id,
        ranked.pair_rank
    from (
        select
            *,
            {{ pair_rank('appsflyer_id', 'seconds_apart') | indent(12) }} as pair_rank
        from measured
        where is_contested
    ) as ranked
    inner join windows
        on
            windows.window_number > {{ configured_number }}
            and abs(ranked.seconds_apart) <= 60 * windows.window_minutes
    union all
    select
        variation,
        appsflyer_id,
        purchase_id,
        confirmation_id,
        {{ pair_rank('appsflyer_id, variation', 'shifted_seconds_apart') | indent(8) }} as pair_rank
    from shifted
    where is_contested
),

numbered as (
    select
        variation,
        appsflyer_id,
        purchase_id as won_purchase_id,
        confirmation_id as won_confirmation_id,
        pair_rank,
        purchase_id * 128 + variation as purchase_id,
        confirmation_id * 128 + variation as confirmation_id
    from contested
),

best_pairs as (
    {{ mutually_best_pairs('numbered', 'appsflyer_id') | indent(4) }}
),

won as (
    select
        numbered.variation,
        numbered.won_purchase_id as purchase_id,
        numbered.won_confirmation_id as confirmation_id
    from numbered
    inner join best_pairs
        on
            numbered.purchase_id = best_pairs.purchase_id
            and numbered.confirmation_id = best_pairs.confirmation_id
),

-- In a narrower window, also rows that a receipt has matched in the ledger.
won_in_windows as (
    select
        won.variation,
        won.purchase_id,
        won.confirmation_id,
        purchases.revenue_usd,
        confirmations.confirmation_revenue_usd,
        cast(null as int) as step,
        cast(null as {{ dbt.type_string() }}) as media_source,
        cast(null as decimal(18, 6)) as shifted_seconds_apart,
        coalesce(purchases.receipt_id = confirmations.confirmation_receipt_id, false)
        or purchases.revenue_usd = confirmations.confirmation_revenue_usd as is_agreeing
    from won
    inner join purchases
        on won.purchase_id = purchases.purchase_id
    inner join confirmations
        on won.confirmation_id = confirmations.confirmation_id
    where won.variation < {{ windows | length }}
),

won_in_shifts as (
    select
        shifted.variation,
        shifted.purchase_id,
        shifted.confirmation_id,
        shifted.revenue_usd,
        shifted.confirmation_revenue_usd,
        shifted.step,
        shifted.media_source,
        cast(shifted.shifted_seconds_apart as decimal(18, 6)) as shifted_seconds_apart,
        shifted.is_same_receipt or shifted.amount_difference_usd = 0 as is_agreeing
    from shifted
    left join won
        on
            shifted.variation = won.variation
            and shifted.purchase_id = won.purchase_id
            and shifted.confirmation_id = won.confirmation_id
    where not shifted.is_contested or won.variation is not null
),

final as (
    select * from won_in_windows
    union all
    select * from won_in_shifts
)

select * from final
