with

purchases as (
    select * from {{ ref('int_purchases__classified') }}
),

-- A row without a status has no word that the vars could list.
final as (
    select
        status,
        case
            when
                status is null
                or {{ is_in('status', var('failed_statuses') | map('lower') | list) }}
                then 0
            else count(*)
        end as unknown_row_count,
        count(*) filter (where revenue_usd < 0) as negative_row_count
    from purchases
    where disposition = 'failed'
    group by status
)

select * from final
