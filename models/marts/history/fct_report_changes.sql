with

as_of as (
    select * from {{ ref('int_as_of__resolved') }}
),

builds as (
    select * from {{ source('history', 'builds') }}
),

recorded as (
    select * from {{ source('history', 'report_changes') }}
),

reported as (
    {%- for mart in kept_figures() %}
        {{ figures_of(mart) }}
        {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- The as-of day is not over, and reports do not show it.
now as (
    select
        reported.*,
        cast(1 as bigint) as row_count
    from reported
    inner join as_of
        on reported.activity_date <= as_of.d1_date
    where reported.figure_value is not null
),

final as (
    {{ changes_since_recorded(
        'now', 'recorded', ['mart', 'figure', 'figure_key', 'activity_date', 'figure_value']
    ) }}
)

select * from final
