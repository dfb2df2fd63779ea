with

campaigns as (
    select * from {{ ref('rpt_roas_anomaly') }}
),

counted as (
    select
        count(*) filter (where roas_d1 is not null and state != 'insufficient_history')
            as judged_campaign_count,
        count(*) filter (where anomaly) as anomalous_campaign_count
    from campaigns
),

-- Two campaigns may collapse on one day; many do not.
final as (
    select
        judged_campaign_count,
        anomalous_campaign_count,
        case
            when judged_campaign_count >= 3
                then anomalous_campaign_count / cast(judged_campaign_count as double)
        end as anomaly_share
    from counted
)

select * from final
