with

confirmations as (
    select * from {{ ref('stg_store__confirmed_purchases') }}
),

final as (
    select *
    from confirmations
    where rejection_reason is not null
)

select * from final
