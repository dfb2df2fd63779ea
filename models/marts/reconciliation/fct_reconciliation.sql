with

purchases as (
    select * from {{ ref('int_purchases__curated') }}
),

confirmations as (
    select * from {{ ref('int_confirmations__accepted') }}
),

pairs as (
    select * from {{ ref('int_reconciliation__paired') }}
),

matches as (
    select * from {{ ref('int_reconciliation__matched') }}
),

neighbours as (
    select * from {{ ref('int_reconciliation__neighbours_measured') }}
),

purchase_candidates as (
    select
        purchase_id,
        count(*) as candidate_count
    from pairs
    group by purchase_id
),

confirmation_candidates as (
    select
        confirmation_id,
        count(*) as candidate_count
    from pairs
    group by confirmation_id
),

matched as (
    select
        'matched' as outcome,
        matches.purchase_id,
        matches.confirmation_id,
        matches.match_rule,
        purchase_candidates.candidate_count,
        purchase_candidates.candidate_count > 1
        or confirmation_candidates.candidate_count > 1 as is_ambiguous,
        cast(null as decimal(18, 6)) as nearest_seconds_apart
    from matches
    inner join purchase_candidates
        on matches.purchase_id = purchase_candidates.purchase_id
    inner join confirmation_candidates
        on matches.confirmation_id = confirmation_candidates.confirmation_id
),

af_only as (
    select
        'af_only' as outcome,
        purchases.purchase_id,
        cast(null as bigint) as confirmation_id,
        cast(null as {{ type_string() }}) as match_rule,
        coalesce(purchase_candidates.candidate_count, 0) as candidate_count,
        purchase_candidates.candidate_count is not null as is_ambiguous,
        neighbours.nearest_seconds_apart
    from purchases
    anti join matches
        on purchases.purchase_id = matches.purchase_id
    left join purchase_candidates
        on purchases.purchase_id = purchase_candidates.purchase_id
    left join neighbours
        on purchases.purchase_id = neighbours.row_id and neighbours.side = 'purchase'
),

confirmed_only as (
    select
        'confirmed_only' as outcome,
        cast(null as bigint) as purchase_id,
        confirmations.confirmation_id,
        cast(null as {{ type_string() }}) as match_rule,
        coalesce(confirmation_candidates.candidate_count, 0) as candidate_count,
        confirmation_candidates.candidate_count is not null as is_ambiguous,
        neighbours.nearest_seconds_apart
    from confirmations
    anti join matches
        on confirmations.confirmation_id = matches.confirmation_id
    left join confirmation_candidates
        on confirmations.confirmation_id = confirmation_candidates.confirmation_id
    left join neighbours
        on confirmations.confirmation_id = neighbours.row_id and neighbours.side = 'confirmation'
),

outcomes as (
    select * from matched
    union all
    select * from af_only
    union all
    select * from confirmed_only
),

explained as (
    select
        *,
        case
            when outcome = 'matched' then null
            when candidate_count > 0 then 'lost_to_closer_pair'
            when nearest_seconds_apart is null then 'no_candidate'
            else 'outside_window'
        end as reason
    from outcomes
),

final as (
    select
        case
            when explained.purchase_id is not null
                then concat('purchase-', explained.purchase_id)
            else concat('confirmation-', explained.confirmation_id)
        end as reconciliation_id,
        explained.outcome,
        explained.purchase_id,
        explained.confirmation_id,
        coalesce(purchases.appsflyer_id, confirmations.appsflyer_id) as appsflyer_id,
        purchases.purchased_at,
        confirmations.confirmed_at,
        case
            when explained.outcome = 'matched'
                then {{ seconds_between('purchases.purchased_at', 'confirmations.confirmed_at') }}
        end as seconds_apart,
        purchases.revenue_usd as purchase_revenue_usd,
        confirmations.revenue_usd as confirmation_revenue_usd,
        confirmations.revenue_usd - purchases.revenue_usd as amount_difference_usd,
        purchases.campaign as purchase_campaign,
        confirmations.campaign as confirmation_campaign,
        purchases.receipt_id as purchase_receipt_id,
        confirmations.receipt_id as confirmation_receipt_id,
        coalesce(purchases.is_charged_back, false) as is_charged_back,
        explained.match_rule,
        explained.candidate_count,
        explained.is_ambiguous,
        explained.reason,
        case
            when explained.reason = 'outside_window' then explained.nearest_seconds_apart
        end as nearest_seconds_apart
    from explained
    left join purchases
        on explained.purchase_id = purchases.purchase_id
    left join confirmations
        on explained.confirmation_id = confirmations.confirmation_id
)

select * from final
