-- Every duplicate counts for exactly one curated purchase.
with

classified as (
    select * from {{ ref('int_purchases__classified') }}
),

kept as (
    select
        purchase_id,
        duplicates_removed
    from classified
    where disposition = 'curated'
),

removed as (
    select
        duplicate_of as purchase_id,
        count(*) as duplicate_count
    from classified
    where disposition = 'duplicate'
    group by duplicate_of
)

select
    kept.duplicates_removed,
    removed.duplicate_count,
    coalesce(kept.purchase_id, removed.purchase_id) as purchase_id
from kept
full join removed
    on kept.purchase_id = removed.purchase_id
where coalesce(kept.duplicates_removed, -1) != coalesce(removed.duplicate_count, 0)
