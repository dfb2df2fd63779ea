with

period as (
    select * from {{ ref('rpt_period') }}
),

builds as (
    select * from {{ source('history', 'builds') }}
),

-- The last build that was published before D-1 was over.
earlier as (
    select builds.*
    from builds
    inner join period
        on builds.d1_date < period.d1_date
    qualify row_number() over (order by builds.built_at desc, builds.build_id desc) = 1
),

final as (
    select
        earlier.build_id as baseline_build_id,
        earlier.built_at as baseline_built_at,
        earlier.d1_date as baseline_d1_date,
        period.d1_date,
        {{ rules_cause(
            'earlier.settings', sql_string(rule_settings()),
            'earlier.code_version', sql_string(code_version())
        ) }} as rules_cause
    from period
    left join earlier
        on period.d1_date > earlier.d1_date
)

select * from final
