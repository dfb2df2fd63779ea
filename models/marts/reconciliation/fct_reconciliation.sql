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

campaigns as (
    select * from {{ ref('int_campaigns__named') }}
),

neighbours as (
    select * from {{ ref('int_reconciliation__neighbours_measured') }}
),

counterparts as (
    select * from {{ ref('int_reconciliation__counterparts_traced') }}
),

-- An uncontested pair is always matched, and its rows have no other candidate.
contested_pairs as (
    select *
    from pairs
    where pair_rank is not null
),

purchase_candidates as (
    select
        purchase_id,
        count(*) as candidate_count
    from contested_pairs
    group by purchase_id
),

confirmation_candidates as (
    select
        confirmation_id,
        count(*) as candidate_count
    from contested_pairs
    group by confirmation_id
),

-- Matched pairs, and unmatched rows with nulls on the other side.
sides as (
    select
        purchases.purchase_id,
        confirmations.confirmation_id,
        purchases.purchased_at,
        confirmations.confirmed_at,
        purchases.revenue_usd,
        confirmations.confirmation_revenue_usd,
        purchases.campaign,
        purchases.receipt_id,
        confirmations.confirmation_receipt_id,
        matches.match_rule,
        coalesce(campaigns.campaign, confirmations.confirmation_campaign) as confirmation_campaign,
        coalesce(purchases.appsflyer_id, confirmations.appsflyer_id) as appsflyer_id,
        coalesce(purchases.is_charged_back, false) as is_charged_back,
        case
            when confirmations.confirmation_id is null then 'af_only'
            when purchases.purchase_id is null then 'confirmed_only'
            else 'matched'
        end as outcome,
        coalesce(purchases.purchase_id, confirmations.confirmation_id) as row_id,
        case when purchases.purchase_id is null then 'confirmation' else 'purchase' end as side
    from purchases
    left join matches
        on purchases.purchase_id = matches.purchase_id
    full outer join confirmations
        on matches.confirmation_id = confirmations.confirmation_id
    left join campaigns
        on
            coalesce(confirmations.confirmation_campaign_id, confirmations.confirmation_campaign)
            = campaigns.campaign_key
),

explained as (
    select
        sides.*,
        neighbours.nearest_seconds_apart,
        counterparts.counterpart_row_number,
        counterparts.counterpart_disposition,
        counterparts.counterpart_reason,
        counterparts.counterpart_seconds_apart,
        coalesce(
            purchase_candidates.candidate_count,
            confirmation_candidates.candidate_count,
            case when sides.outcome = 'matched' then 1 else 0 end
        ) as candidate_count,
        -- The same receipt leaves nothing to choose, however many other rows are near.
        coalesce(sides.match_rule, 'none') != 'receipt'
        and coalesce(
            greatest(purchase_candidates.candidate_count, confirmation_candidates.candidate_count),
            0
        ) > case when sides.outcome = 'matched' then 1 else 0 end as is_ambiguous,
        case
            when sides.outcome = 'matched' then null
            when counterparts.reason is not null then counterparts.reason
            when
                coalesce(
                    purchase_candidates.candidate_count, confirmation_candidates.candidate_count
                ) > 0
                then 'lost_to_closer_pair'
            when neighbours.nearest_seconds_apart is null then 'no_candidate'
            else 'outside_window'
        end as reason
    from sides
    left join purchase_candidates
        on sides.purchase_id = purchase_candidates.purchase_id
    left join confirmation_candidates
        on sides.confirmation_id = confirmation_candidates.confirmation_id
    left join neighbours
        on sides.row_id = neighbours.row_id and sides.side = neighbours.side
    left join counterparts
        on sides.row_id = counterparts.row_id and sides.side = counterparts.side
),

final as (
    select
        case
            when purchase_id is not null then concat('purchase-', purchase_id)
            else concat('confirmation-', confirmation_id)
        end as reconciliation_id,
        outcome,
        purchase_id,
        confirmation_id,
        appsflyer_id,
        purchased_at,
        confirmed_at,
        case
            when outcome = 'matched' then {{ seconds_between('purchased_at', 'confirmed_at') }}
        end as seconds_apart,
        revenue_usd,
        confirmation_revenue_usd,
        confirmation_revenue_usd - revenue_usd as amount_difference_usd,
        campaign,
        confirmation_campaign,
        receipt_id,
        confirmation_receipt_id,
        is_charged_back,
        match_rule,
        candidate_count,
        is_ambiguous,
        reason,
        case when reason = 'outside_window' then nearest_seconds_apart end as nearest_seconds_apart,
        counterpart_row_number,
        counterpart_disposition,
        counterpart_reason,
        counterpart_seconds_apart
    from explained
)

select * from final
