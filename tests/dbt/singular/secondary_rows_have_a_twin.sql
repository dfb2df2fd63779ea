-- No event is lost because of its attribution: a row that is set aside as the second of an event has
-- a twin with the same money that is not set aside so.
with

purchases as (
    select * from {{ ref('int_purchases__classified') }}
),

secondary_rows as (
    select *
    from purchases
    where disposition = 'secondary_attribution'
),

twins as (
    select *
    from purchases
    where disposition != 'secondary_attribution'
)

select
    secondary_rows.purchase_id,
    secondary_rows.appsflyer_id
from secondary_rows
left join twins
    on
        secondary_rows.appsflyer_id = twins.appsflyer_id
        and secondary_rows.purchased_at = twins.purchased_at
        and secondary_rows.event_name = twins.event_name
        and secondary_rows.revenue_usd is not distinct from twins.revenue_usd
        and secondary_rows.receipt_id is not distinct from twins.receipt_id
where twins.purchase_id is null
