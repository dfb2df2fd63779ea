{{ config(post_hook="{{ export_json(
    'restatements.json',
    order_by=['date', 'mart', 'figure', 'figure_key', 'cause'],
    header=ref('rpt_baseline'),
    rows_key='restated'
) }}") }}

with

baseline as (
    select * from {{ ref('rpt_baseline') }}
),

builds as (
    select * from {{ source('history', 'builds') }}
),

report_changes as (
    select * from {{ ref('fct_report_changes') }}
),

input_row_changes as (
    select * from {{ ref('fct_input_row_changes') }}
),

recorded_reports as (
    select * from {{ source('history', 'report_changes') }}
),

recorded_rows as (
    select * from {{ source('history', 'input_row_changes') }}
),

later_builds as (
    select builds.build_id
    from builds
    inner join baseline
        on builds.built_at > baseline.baseline_built_at
),

-- The changes of this build are in the marts; they are recorded at its end.
between_reports as (
    select * from recorded_reports
    where build_id in (select later_builds.build_id from later_builds)
    union all
    select * from report_changes
    where build_id not in (select builds.build_id from builds)
),

between_rows as (
    select * from recorded_rows
    where build_id in (select later_builds.build_id from later_builds)
    union all
    select * from input_row_changes
    where build_id not in (select builds.build_id from builds)
),

-- Without a baseline the day is null, and there is no row.
pair as (
    select
        baseline_d1_date as through_date,
        rules_cause
    from baseline
),

{{ restatement_steps() }},

final as (
    select
        activity_date as date,
        mart,
        figure,
        figure_key,
        value_before,
        value_after,
        difference,
        cause,
        cast(sum(amount) as decimal(38, 8)) as amount,
        count(row_key) as row_count
    from restated
    group by
        activity_date, mart, figure, figure_key, value_before, value_after, difference, cause
)

select * from final
