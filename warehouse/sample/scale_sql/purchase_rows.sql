-- The rows of purchases_raw.csv in their order: that of arrival, up to two minutes after the event.
create table purchase_rows as
with

sales_in_force as (
    select * from sales where not is_silenced
),

rows_left as (
    select
        sales_in_force.*,
        stories.has_receipt,
        story_rows.copy_no,
        story_rows.kind,
        story_rows.disposition,
        story_rows.copy_no = 0 and sales_in_force.chargeback_at is not null as is_charged_back,
        case
            when story_rows.kind = 'chargeback' then sales_in_force.chargeback_at
            else sales_in_force.sold_at + story_rows.seconds_after
        end as row_at,
        case
            when die(sales_in_force.price_bits, 1, 100) < 85 then 'af_purchase'
            else 'purchase'
        end as sent_name
    from sales_in_force
    inner join stories on sales_in_force.story = stories.story
    inner join story_rows on sales_in_force.story = story_rows.story
),

-- A copy arrives after what it copies, except for a retry that overtakes it.
arrived as (
    select
        *,
        case
            when story = 'overtaken_by_retry' and copy_no = 0 then sold_at + 240
            else row_at + die(text_bits, 0, 120)
        end as arrived_at
    from rows_left
    where is_exported(row_at)
),

looked_up as (
    select
        arrived.*,
        prices.price_text,
        campaigns.campaign as campaign_name,
        campaigns.other_spellings
    from arrived
    inner join prices on arrived.cents = prices.cents
    left join campaigns on arrived.campaign_no = campaigns.campaign_no
),

written as (
    select
        sale_no,
        copy_no,
        story,
        arrived_at,
        disposition,
        is_charged_back,
        case
            when story = 'missing_id' then in_turn([null, '  '], story_turn)
            else concat('af_', player_no)
        end as appsflyer_id,
        case
            when kind = 'other_event'
                then in_turn(['af_subscribe', 'subscription_renewal', 'install'], story_turn)
            when kind = 'rewritten' then upper(sent_name)
            when story = 'mixed_case'
                then in_turn(['AF_Purchase', 'PURCHASE', 'Purchase'], story_turn)
            else sent_name
        end as event_name,
        case
            when story = 'bad_time'
                then in_turn(['not-a-time', '2026-13-40T00:00:00Z', null], story_turn)
            when kind = 'rewritten' then other_time_text(row_at, story_turn % 4)
            when story = 'time_notation' then other_time_text(row_at, story_turn)
            else utc_text(row_at)
        end as event_time_utc,
        case
            when kind = 'other_event' then in_turn(['9.99', '9.99', '0.00'], story_turn)
            when kind in ('chargeback', 'orphan') then '-' || price_text
            when story = 'decimal_comma' or kind = 'rewritten'
                then replace(price_text, '.', ',')
            when story = 'padded_amount' then ' ' || price_text || ' '
            when story = 'ambiguous_thousands' then '1,234'
            when story = 'bad_amount'
                then in_turn(['abc', '$4.99', '1e3', null], story_turn)
            when story = 'worthless_success'
                then in_turn(['0.00', '-' || price_text], story_turn)
            else price_text
        end as revenue_usd,
        campaign_text(
            campaign_name, other_spellings, attribution_bits, text_bits, 1
        ) as campaign,
        case
            when kind in ('other_event', 'attempt') then null
            -- Of a sale before the export, or of one that nobody can name.
            when kind = 'orphan'
                then in_turn([concat('RCP-', 1000000000 + sale_no), null], story_turn)
            when story = 'bad_receipt'
                then in_turn(['BADREC-1', 'rcp-12', 'RCP-'], story_turn)
            when has_receipt then receipt_text(sale_no)
        end as receipt_id,
        case
            when kind in ('chargeback', 'orphan')
                then in_turn(['chargeback', 'refund', 'Chargeback'], story_turn)
            when kind = 'attempt'
                then in_turn(['failed', 'pending', 'Failed', null], story_turn)
            when story = 'mixed_case' then in_turn(['Success', 'SUCCESS'], story_turn)
            else 'success'
        end as status,
        case
            when installed_at is null then in_turn([null, 'not-a-time'], die(text_bits, 3, 32))
            when story = 'time_notation' then other_time_text(installed_at, story_turn)
            else utc_text(installed_at)
        end as install_time_utc
    from looked_up
)

select * from written
order by arrived_at, sale_no, copy_no;

create view purchases_raw as
select
    appsflyer_id,
    event_name,
    event_time_utc,
    revenue_usd,
    campaign,
    receipt_id,
    status,
    install_time_utc
from purchase_rows;
