-- A campaign that stopped earning still has a row for D-1.
with

campaign_days as (
    select * from {{ ref('fct_campaign_roas_daily') }}
),

as_of as (
    select * from {{ ref('int_as_of__resolved') }}
)

select
    campaign_days.campaign,
    max(as_of.d1_date) as d1_date
from campaign_days
cross join as_of
where as_of.d1_date is not null
group by campaign_days.campaign
having count(*) filter (where campaign_days.activity_date = as_of.d1_date) != 1
