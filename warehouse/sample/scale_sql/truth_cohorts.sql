-- What the players of each campaign and day of installation have paid up to the end of each age, in
-- so far as it is over. Ages without rows after them are null.
create view truth_cohorts as
with

ages as (
    select unnest([0, 1, 3, 7, 14, 30]) as age_days
),

curated as (
    select
        sales.player_no,
        sales.campaign_no,
        sales.day_no,
        sales.installed_at,
        case when sales.chargeback_at is null then sales.cents else 0 end as net_cents
    from sales
    inner join stories on sales.story = stories.story
    where stories.disposition = 'curated' and not sales.is_silenced
),

-- As far as the file tells: the earliest time of all rows of the player that count.
installed as (
    select
        player_no,
        (min(installed_at) - getvariable('begins_at')) // 86400 as install_day_no
    from curated
    group by player_no
    having min(installed_at) >= getvariable('begins_at')
),

earned as (
    select
        curated.campaign_no,
        installed.install_day_no,
        curated.player_no,
        curated.day_no - installed.install_day_no as age_days,
        sum(curated.net_cents) as net_cents
    from curated
    inner join installed on curated.player_no = installed.player_no
    where curated.day_no >= installed.install_day_no and curated.day_no <= getvariable('d1_no')
    group by all
),

spent as (
    select
        campaign_no,
        day_no as install_day_no,
        case when gap is null then cost_cents else 0 end as cost_cents
    from campaign_costs
    where gap is null or gap = 'zero'
),

cohorts as (
    select campaign_no, install_day_no from earned
    union
    select campaign_no, install_day_no from spent
),

counted as (
    select
        cohorts.campaign_no,
        cohorts.install_day_no,
        ages.age_days,
        cohorts.install_day_no + ages.age_days <= getvariable('d1_no') as is_over,
        coalesce(sum(earned.net_cents), 0) as net_cents,
        count(distinct earned.player_no) filter (where earned.net_cents > 0) as payer_count
    from cohorts
    cross join ages
    left join earned
        on
            cohorts.campaign_no is not distinct from earned.campaign_no
            and cohorts.install_day_no = earned.install_day_no
            and ages.age_days >= earned.age_days
    group by all
)

select
    upper(campaigns.campaign) as campaign,
    cast(
        make_timestamp((getvariable('begins_at') + counted.install_day_no * 86400) * 1000000)
        as date
    ) as install_date,
    counted.age_days,
    case when counted.is_over then dollars_text(counted.net_cents) end as revenue_usd,
    case when counted.is_over then counted.payer_count end as payers,
    dollars_text(spent.cost_cents) as ad_cost_usd
from counted
left join campaigns on counted.campaign_no = campaigns.campaign_no
left join spent
    on
        counted.campaign_no = spent.campaign_no
        and counted.install_day_no = spent.install_day_no
order by counted.campaign_no nulls last, counted.install_day_no, counted.age_days;
