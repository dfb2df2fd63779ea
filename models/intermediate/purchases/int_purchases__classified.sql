{% set purchase_events = var('purchase_event_names') | map('lower') | list %}
{%- set refund_events = var('refund_event_names') | map('lower') | list %}
{%- set is_refund = '(' ~ is_in('status', var('refund_statuses') | map('lower') | list) ~ ' or '
    ~ is_in('event_name', refund_events) ~ ')' %}
{%- set is_reversal = is_in('status', var('refund_reversal_statuses') | map('lower') | list) %}
{#- The faults that make a row malformed, by their names in disposition_reason. A refund with the
    receipt of its purchase needs no id and no amount: the refund lists of app stores have neither.
    -#}
{%- set malformed = {
    'missing_appsflyer_id': 'appsflyer_id is null and not is_refund_of_receipt',
    'unparsable_time': 'purchased_at is null',
} -%}
{%- do malformed.update(money_faults('revenue_usd')) %}

with

purchases as (
    select * from {{ ref('stg_appsflyer__purchases') }}
),

confirmations as (
    select * from {{ ref('int_confirmations__accepted') }}
),

-- What the store has confirmed is genuine, whatever its form. A receipt that it gave to several
-- players is a placeholder.
confirmed_receipts as (
    select
        confirmation_receipt_id as receipt_id,
        min(appsflyer_id) as appsflyer_id
    from confirmations
    where not {{ matches_any('confirmation_receipt_id', var('receipt_patterns')) }}
    group by confirmation_receipt_id
    having count(distinct appsflyer_id) = 1
),

-- The store's lists of refunds may leave the player out.
receipts_judged as (
    select
        purchases.*,
        {{ is_refund }} as is_refund,
        {{ is_reversal }} as is_reversal,
        coalesce({{ matches_any('purchases.receipt_id', var('receipt_patterns')) }}, false)
        or coalesce(
            purchases.appsflyer_id = confirmed_receipts.appsflyer_id,
            confirmed_receipts.receipt_id is not null
        ) as has_genuine_receipt
    from purchases
    left join confirmed_receipts
        on purchases.receipt_id = confirmed_receipts.receipt_id
),

refunds_marked as (
    select
        *,
        (is_refund or is_reversal) and has_genuine_receipt as is_refund_of_receipt
    from receipts_judged
),

-- The rules are in order: the first that applies wins.
ruled as (
    select
        *,
        case
            when ({{ malformed.values() | join(') or (') }}) then 'malformed'
            when not {{ is_in('event_name', purchase_events + refund_events) }}
                then 'not_a_purchase'
            when is_refund then 'chargeback'
            when is_reversal then 'refund_reversal'
            when status is null or status != 'success' then 'failed'
            when
                revenue_usd <= 0
                or (receipt_id is not null and not has_genuine_receipt)
                or not coalesce(is_receipt_validated, true)
                then 'false_success'
            else 'genuine'
        end as first_rule
    from refunds_marked
),

-- While a re-engagement window is open, AppsFlyer writes an event twice, for two campaigns. Only a
-- row whose primary twin is in the file is set aside: alone, it is all that is known of its event.
secondary_twins as (
    select distinct secondary_rows.purchase_id
    from ruled as secondary_rows
    inner join ruled as twins
        on
            secondary_rows.appsflyer_id = twins.appsflyer_id
            and secondary_rows.purchased_at = twins.purchased_at
            and secondary_rows.event_name = twins.event_name
            and secondary_rows.revenue_usd is not distinct from twins.revenue_usd
            and secondary_rows.receipt_id is not distinct from twins.receipt_id
    where
        not secondary_rows.is_primary_attribution
        and secondary_rows.first_rule not in ('malformed', 'not_a_purchase')
        and coalesce(twins.is_primary_attribution, true)
),

-- Most receipts occur once, so their rows need no comparison.
repeated_receipts as (
    select receipt_id
    from ruled
    where receipt_id is not null
    group by receipt_id
    having count(*) > 1
),

-- Rows with a receipt are grouped by the receipt alone; their other grouping columns are null. Rows
-- without one are grouped by id, time, event and amount.
grouped as (
    select
        purchase_id,
        purchased_at,
        receipt_id,
        status,
        first_rule,
        first_rule = 'genuine' as is_genuine,
        case when receipt_id is null then appsflyer_id end as group_appsflyer_id,
        case when receipt_id is null then purchased_at end as group_purchased_at,
        case when receipt_id is null then event_name end as group_event_name,
        case when receipt_id is null then revenue_usd end as group_revenue_usd
    from ruled
    where
        (
            receipt_id in (select repeated_receipts.receipt_id from repeated_receipts)
            or receipt_id is null and first_rule = 'genuine'
        )
        and not exists (
            select 1
            from secondary_twins
            where secondary_twins.purchase_id = ruled.purchase_id
        )
),

-- purchase_id breaks ties in file order, before messages, whose fields the studio selects and which
-- may therefore have fewer. `has_success` counts every row with status success,
-- including duplicates and false ones: their chargeback is not an orphan. A refund that is known by
-- the name of its event may have this status, too.
compared as (
    select
        purchase_id,
        first_value(purchase_id) over (
            partition by
                is_genuine,
                receipt_id,
                group_appsflyer_id,
                group_purchased_at,
                group_event_name,
                group_revenue_usd
            order by purchased_at, purchase_id < 0, abs(purchase_id)
        ) as kept_purchase_id,
        count(*) over (
            partition by
                is_genuine,
                receipt_id,
                group_appsflyer_id,
                group_purchased_at,
                group_event_name,
                group_revenue_usd
        ) - 1 as duplicate_count,
        receipt_id is not null
        and max(
            case when status = 'success' and first_rule != 'chargeback' then 1 else 0 end
        ) over (partition by receipt_id) = 1 as has_success
    from grouped
),

classified as (
    select
        ruled.*,
        compared.kept_purchase_id,
        coalesce(compared.duplicate_count, 0) as duplicate_count,
        coalesce(compared.has_success, false) as has_success,
        case
            when secondary_twins.purchase_id is not null then 'secondary_attribution'
            when ruled.first_rule != 'genuine' then ruled.first_rule
            when compared.kept_purchase_id != ruled.purchase_id then 'duplicate'
            else 'curated'
        end as disposition
    from ruled
    left join compared
        on ruled.purchase_id = compared.purchase_id
    left join secondary_twins
        on ruled.purchase_id = secondary_twins.purchase_id
),

final as (
    select
        purchase_id,
        appsflyer_id,
        event_name,
        purchased_at,
        revenue_usd,
        campaign,
        receipt_id,
        status,
        campaign_id,
        media_source,
        customer_user_id,
        installed_at,
        disposition,
        case disposition
            when 'malformed'
                then {{ rejection_reason(malformed) }}
            when 'false_success'
                then {{ rejection_reason({
                    'revenue_not_positive': 'revenue_usd <= 0',
                    'unknown_receipt_form': 'receipt_id is not null and not has_genuine_receipt',
                    'receipt_not_validated': 'is_receipt_validated = false',
                }) }}
        end as disposition_reason,
        case when disposition = 'duplicate' then kept_purchase_id end as duplicate_of,
        case when disposition = 'curated' then duplicate_count else 0 end as duplicates_removed,
        disposition = 'curated' and receipt_id is null as is_receipt_missing,
        disposition = 'chargeback' and not has_success as is_orphan_chargeback,
        original_revenue,
        currency,
        refund_amount_usd,
        original_refund_amount,
        refund_percentage,
        event_time_text,
        revenue_text,
        campaign_spelling
    from classified
)

select * from final
