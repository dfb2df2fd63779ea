-- Every unmatched candidate lost one of its sides to a better pair.
with

-- An uncontested pair has no rank and counts as the best.
pairs as (
    select
        purchase_id,
        confirmation_id,
        coalesce(pair_rank, 0) as pair_rank
    from {{ ref('int_reconciliation__paired') }}
),

matches as (
    select * from {{ ref('int_reconciliation__matched') }}
),

taken as (
    select
        pairs.purchase_id,
        pairs.confirmation_id,
        pairs.pair_rank
    from pairs
    inner join matches
        on
            pairs.purchase_id = matches.purchase_id
            and pairs.confirmation_id = matches.confirmation_id
)

select
    pairs.purchase_id,
    pairs.confirmation_id,
    pairs.pair_rank
from pairs
left join taken as by_purchase
    on pairs.purchase_id = by_purchase.purchase_id
left join taken as by_confirmation
    on pairs.confirmation_id = by_confirmation.confirmation_id
where
    coalesce(by_purchase.pair_rank > pairs.pair_rank, true)
    and coalesce(by_confirmation.pair_rank > pairs.pair_rank, true)
