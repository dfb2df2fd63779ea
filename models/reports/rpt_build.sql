-- Waits for every mart, see there. depends_on: {{ ref('rpt_period') }}
with

period as (
    select * from {{ ref('rpt_period') }}
),

final as (
    select
        as_of_date,
        d1_date,
        '{{ dbt_version }}' as dbt_version,
        version() as engine_version,
        '{{ quality_status() }}' as quality_status
    from period
)

select * from final
