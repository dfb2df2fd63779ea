with

recorded as (
    select * from {{ ref('rpt_manifest') }}
),

found as (
    {{ report_files() }}
),

final as (
    select
        recorded.file,
        recorded.row_count,
        recorded.sha256 as recorded_sha256,
        found.sha256 as found_sha256
    from recorded
    left join found
        on recorded.file = found.file
    where recorded.kind = 'report'
)

select * from final
