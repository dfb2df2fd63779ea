with

recorded as (
    select * from {{ ref('rpt_manifest') }}
),

found as (
    {{ report_files() }}
),

-- Numbers, because a checkpoint computes all numeric checks of a view in one query, and each query
-- hashes the files again.
final as (
    select
        recorded.file,
        recorded.row_count,
        cast(found.sha256 is null as bigint) as missing_file_count,
        cast(coalesce(found.sha256 != recorded.sha256, false) as bigint) as changed_file_count
    from recorded
    left join found
        on recorded.file = found.file
    where recorded.kind = 'report'
)

select * from final
