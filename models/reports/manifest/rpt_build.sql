-- Waits for every mart. depends_on: {{ ref('rpt_period') }}
with

period as (
    select * from {{ ref('rpt_period') }}
),

-- The checkpoints run after the build; `python -m warehouse check` writes their verdicts into the
-- file.
final as (
    select
        as_of_date,
        d1_date,
        '{{ dbt_version }}' as dbt_version,
        version() as engine_version,
        '{{ quality_status() }}' as quality_status,
        'not_run' as checkpoint_landed,
        'not_run' as checkpoint_marts,
        'not_run' as checkpoint_reports
    from period
)

select * from final
