{{ config(post_hook="{{ export_json(
    'retention.json', order_by=['first_session_date', 'age_days']
) }}") }}

-- Waits for every mart. depends_on: {{ ref('rpt_period') }}
with

cohorts as (
    select * from {{ ref('fct_retention_cohorts') }}
),

final as (
    select
        first_session_date,
        age_days,
        player_count as players,
        returned_count as returned,
        retention,
        retention_state as state
    from cohorts
)

select * from final
