with

pairs as (
    select * from {{ ref('int_reconciliation__paired') }}
),

best_pairs as (
    {{ mutually_best_pairs('pairs', 'appsflyer_id') | indent(4) }}
),

final as (
    select
        pairs.purchase_id,
        pairs.confirmation_id,
        pairs.appsflyer_id,
        pairs.seconds_apart,
        pairs.amount_difference_usd,
        case when pairs.is_same_receipt then 'receipt' else 'nearest' end as match_rule
    from best_pairs
    inner join pairs
        on
            best_pairs.purchase_id = pairs.purchase_id
            and best_pairs.confirmation_id = pairs.confirmation_id
)

select * from final
