{#- Ten bars up to the window, and three windows in total, to show what the window excludes. -#}
{%- set window_seconds = var('reconciliation_window_minutes') | int * 60 %}
{%- set shown_seconds = [3 * window_seconds, 60] | max %}
{%- set bar_seconds = [window_seconds / 10, 1] | max %}
-- Waits for every mart. depends_on: {{ ref('rpt_period') }}
with

ledger as (
    select * from {{ ref('fct_reconciliation') }}
),

measured as (
    select
        outcome,
        coalesce(abs(seconds_apart), nearest_seconds_apart, abs(counterpart_seconds_apart))
            as distance_seconds
    from ledger
    where outcome = 'matched' or reason in ('outside_window', 'same_receipt_outside_window')
),

-- A bar ends at the end of the window, inclusive: (from, to].
barred as (
    select
        outcome,
        case
            when distance_seconds <= {{ shown_seconds }}
                then greatest(cast(ceil(distance_seconds / {{ bar_seconds }}) as bigint), 1)
        end as bar
    from measured
),

final as (
    select
        outcome,
        cast((bar - 1) * {{ bar_seconds }} as double) as seconds_from,
        cast(bar * {{ bar_seconds }} as double) as seconds_to,
        count(*) as row_count
    from barred
    group by outcome, bar
)

select * from final
