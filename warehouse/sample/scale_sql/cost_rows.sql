-- What each campaign cost on each day up to D-1; ad networks report a day when it is over. A budget
-- is paced to what the campaign earns, so that its ROAS is the planned one to the cent.
create table campaign_costs as
with

earned as (
    select
        sales.campaign_no,
        sales.day_no,
        sum(sales.cents) as net_cents
    from sales
    inner join stories on sales.story = stories.story
    where stories.disposition = 'curated' and sales.chargeback_at is null
    group by sales.campaign_no, sales.day_no
),

spent as (
    select
        campaign_days.*,
        cast(
            coalesce(earned.net_cents, 0) * 1000 * campaign_days.spend_factor
            // campaign_days.roas_per_mille as bigint
        ) as cost_cents
    from campaign_days
    left join earned
        on
            campaign_days.campaign_no = earned.campaign_no
            and campaign_days.day_no = earned.day_no
)

select * from spent;

create view costs_daily as
select
    case
        when gap = 'bad_date' then in_turn(['not-a-date', '2026-02-30', null], day_no)
        else strftime(make_timestamp(begins_at * 1000000), '%Y-%m-%d')
    end as date,
    case
        when gap = 'no_campaign' then in_turn([null, ' '], day_no)
        else campaign_spelling
    end as campaign,
    case
        when gap = 'zero' then '0.00'
        when gap = 'bad_cost' then in_turn(['n/a', '1,234', null, '$120.00'], day_no)
        when die(bits, 1, 50) = 0 then replace(dollars_text(cost_cents), '.', ',')
        else dollars_text(cost_cents)
    end as ad_cost_usd
from campaign_costs
where gap is distinct from 'missing'
order by day_no, campaign_no;
