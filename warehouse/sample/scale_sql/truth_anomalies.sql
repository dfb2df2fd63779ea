-- Every campaign, by the name it joins on, on every day.
create view truth_anomalies as
select
    upper(campaigns.campaign) as campaign,
    strftime(make_timestamp(days.begins_at * 1000000), '%Y-%m-%d') as date,
    campaign_days.collapse is not null as is_anomaly,
    coalesce(campaign_days.collapse, campaign_days.gap, 'plain') as story
from campaigns
cross join days
left join campaign_days
    on campaigns.campaign_no = campaign_days.campaign_no and days.day_no = campaign_days.day_no
order by days.day_no, campaigns.campaign_no;
