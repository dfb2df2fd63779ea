-- The rows of confirmed_purchases.csv in their order: that of arrival.
create table confirmation_rows as
with

confirmed as (
    select
        sales.*,
        stories.has_confirmation_receipt
    from sales
    inner join stories on sales.story = stories.story
    where stories.is_confirmed and not sales.is_silenced and is_exported(sales.confirmed_at)
),

-- The store's export repeats a line.
repeated as (
    select
        *,
        unnest(case when story = 'repeated_confirmation' then [0, 1] else [0] end) as copy_no
    from confirmed
),

looked_up as (
    select
        repeated.*,
        prices.price_text,
        campaigns.campaign as campaign_name,
        campaigns.other_spellings
    from repeated
    inner join prices on repeated.cents = prices.cents
    left join campaigns on repeated.campaign_no = campaigns.campaign_no
),

written as (
    select
        sale_no,
        copy_no,
        story,
        confirmed_at + die(other_bits, 2, 120) as arrived_at,
        case
            when story = 'bad_confirmation' and story_turn % 4 = 0 then null
            else concat('af_', player_no)
        end as appsflyer_id,
        'purchase' as event_name,
        case
            when story = 'bad_confirmation' and story_turn % 4 = 1 then 'not-a-time'
            when story = 'time_notation' then other_time_text(confirmed_at, story_turn + 1)
            else utc_text(confirmed_at)
        end as event_time_utc,
        case
            when story = 'bad_confirmation' and story_turn % 4 = 2 then 'abc'
            when story = 'bad_confirmation' and story_turn % 4 = 3 then '1,234'
            -- What the store received after tax.
            when story = 'differing_amount' then dollars_text(cents * 85 // 100)
            when story = 'decimal_comma' and story_turn % 2 = 0
                then replace(price_text, '.', ',')
            when story = 'padded_amount' then price_text || ' '
            else price_text
        end as revenue_usd,
        campaign_text(
            campaign_name, other_spellings, attribution_bits, text_bits, 3
        ) as campaign,
        case when has_confirmation_receipt then receipt_text(sale_no) end as receipt_id
    from looked_up
)

select * from written
order by arrived_at, sale_no, copy_no;

create view confirmed_purchases as
select
    appsflyer_id,
    event_name,
    event_time_utc,
    revenue_usd,
    campaign,
    receipt_id
from confirmation_rows;
