-- No candidate has both sides unmatched: the matching is complete.
with

pairs as (
    select * from {{ ref('int_reconciliation__paired') }}
),

matches as (
    select * from {{ ref('int_reconciliation__matched') }}
)

select
    pairs.purchase_id,
    pairs.confirmation_id
from pairs
where
    pairs.purchase_id not in (select matches.purchase_id from matches)
    and pairs.confirmation_id not in (select matches.confirmation_id from matches)
