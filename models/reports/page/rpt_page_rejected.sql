-- Waits for every mart. depends_on: {{ ref('rpt_period') }}
with

rejected_rows as (
    select * from {{ ref('fct_rejected_rows') }}
),

final as (
    select
        file,
        disposition,
        reason,
        cast(sum(amount_usd) as decimal(38, 8)) as amount_usd,
        min(source_row_number) as first_row_number,
        count(*) as row_count
    from rejected_rows
    group by file, disposition, reason
)

select * from final
