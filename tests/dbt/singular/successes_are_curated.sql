-- Nearly every success is a purchase that counts. Lists what more than a fifth of them are instead,
-- and, where no row counts at all, what most rows are: with the var that decides it and an example.
-- The second row of an event that was written twice is no success of its own.
{{ config(severity='warn', meta={'tells': 'message'}) }}

with

classified as (
    select *
    from {{ ref('int_purchases__classified') }}
    where not ({{ is_repeated_message() }})
),

counted as (
    select
        disposition,
        disposition_reason,
        count(*) as row_count,
        count(*) filter (where status = 'success' and disposition != 'secondary_attribution')
            as success_count,
        min(purchase_id) as example_id
    from classified
    group by disposition, disposition_reason
),

compared as (
    select
        *,
        sum(success_count) over () as all_success_count,
        sum(case when disposition = 'curated' then row_count else 0 end) over () as curated_count,
        row_number() over (order by row_count desc, example_id asc) as size_rank
    from counted
),

unusual as (
    select *
    from compared
    where
        disposition != 'curated'
        and (success_count * 5 > all_success_count or (curated_count = 0 and size_rank = 1))
)

select
    concat(
        unusual.row_count, ' rows of purchases_raw.csv are ', unusual.disposition,
        case
            when unusual.disposition_reason is null then ''
            else concat(' (', unusual.disposition_reason, ')')
        end,
        ', ', unusual.success_count,
        ' of ', unusual.all_success_count, ' successes. For example row ', unusual.example_id,
        case
            when unusual.disposition_reason like '%unknown_receipt_form%'
                then concat(
                    ': receipt_id is "', classified.receipt_id,
                    '". Var receipt_patterns says what a receipt looks like.'
                )
            when unusual.disposition_reason like '%receipt_not_validated%'
                then ': is_receipt_validated is false: the app store denied the receipt.'
            when unusual.disposition = 'not_a_purchase'
                then concat(
                    ': event_name is "', coalesce(classified.event_name, ''),
                    '". Var purchase_event_names says what a purchase is called.'
                )
            when unusual.disposition in ('failed', 'chargeback')
                then concat(
                    ': status is "', coalesce(classified.status, ''),
                    '". Only "success" counts; vars refund_statuses and failed_statuses know the',
                    ' others.'
                )
            when unusual.disposition = 'duplicate'
                then concat(
                    ' repeats row ', classified.duplicate_of, ': receipt_id is "',
                    coalesce(classified.receipt_id, ''), '". No var changes this.'
                )
            else concat(
                ': event_time_utc is "', coalesce(classified.event_time_text, ''),
                '", revenue_usd is "', coalesce(classified.revenue_text, ''),
                '", appsflyer_id is "', coalesce(classified.appsflyer_id, ''),
                '". No var changes this; docs/inputs.md says what is read.'
            )
        end
    ) as message
from unusual
inner join classified
    on unusual.example_id = classified.purchase_id
