with

pairs as (
    select * from {{ ref('int_reconciliation__paired') }}
),

contested_pairs as (
    select *
    from pairs
    where pair_rank is not null
),

best_pairs as (
    {{ mutually_best_pairs('contested_pairs', 'appsflyer_id') | indent(4) }}
),

won_pairs as (
    select contested_pairs.*
    from contested_pairs
    inner join best_pairs
        on
            contested_pairs.purchase_id = best_pairs.purchase_id
            and contested_pairs.confirmation_id = best_pairs.confirmation_id
),

taken_pairs as (
    select *
    from pairs
    where pair_rank is null
    union all
    select * from won_pairs
),

final as (
    select
        purchase_id,
        confirmation_id,
        appsflyer_id,
        seconds_apart,
        amount_difference_usd,
        case when is_same_receipt then 'receipt' else 'nearest' end as match_rule
    from taken_pairs
)

select * from final
