with

costs as (
    select * from {{ ref('stg_ads__costs') }}
),

final as (
    select *
    from costs
    where rejection_reason is not null
)

select * from final
