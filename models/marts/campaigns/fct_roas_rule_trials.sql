{%- set rules = ['ratio', 'robust_z', 'purchase_z', 'collapsed', 'declining'] %}
{%- set in_force = [
    fromjson(var('roas_anomaly_ratio') | string, 0),
    var('roas_history_window_days') | int,
    var('roas_min_history_days') | int,
] %}
{%- set ratios = [0.3, 0.4, 0.5, 0.6, 0.7, in_force[0]] | unique | sort %}
{%- set windows = [3, 7, 14, 28, in_force[1]] | unique | sort %}
{%- set leasts = [1, 3, 7, 14, in_force[2]] | unique | sort %}
with

campaign_days as (
    select * from {{ ref('fct_roas_rules_daily') }}
),

as_of as (
    select * from {{ ref('int_as_of__resolved') }}
),

-- What each rule says of each day that is over; null where it cannot judge.
judged as (
    select
        campaign_days.campaign,
        campaign_days.activity_date,
        campaign_days.roas,
        case
            when
                campaign_days.roas is not null
                and campaign_days.history_days >= {{ in_force[2] }}
                then campaign_days.is_anomaly
        end as is_ratio,
        campaign_days.is_robust_z_low as is_robust_z,
        campaign_days.is_purchase_z_low as is_purchase_z,
        case
            when campaign_days.expected_purchases is not null
                then campaign_days.rule_state = 'collapsed'
        end as is_collapsed,
        campaign_days.is_declining
    from campaign_days
    inner join as_of
        on campaign_days.activity_date <= as_of.d1_date
),

-- All windows in one sort. An episode is a run of days on which a rule fires. `is_over_in_3` is
-- true if the rule is known to be silent on one of the three days after the first.
neighboured as (
    select
        campaign,
        {%- for rule in rules %}
            is_{{ rule }},
            is_{{ rule }} and not coalesce(lag(is_{{ rule }}) over each_campaign, false)
                as starts_{{ rule }},
            not lead(is_{{ rule }}) over each_campaign as is_over_in_1_{{ rule }},
            coalesce(not lead(is_{{ rule }}, 1) over each_campaign, false)
            or coalesce(not lead(is_{{ rule }}, 2) over each_campaign, false)
            or coalesce(not lead(is_{{ rule }}, 3) over each_campaign, false)
                as is_over_in_3_{{ rule }},
        {%- endfor %}
        {%- for days in windows %}
            avg(roas) over previous_{{ days }} as average_{{ days }},
            count(roas) over previous_{{ days }} as days_{{ days }},
        {%- endfor %}
        roas
    from judged
    window
        {%- for days in windows %}
            previous_{{ days }} as (
                partition by campaign order by activity_date
                rows between {{ days }} preceding and 1 preceding
            ),
        {%- endfor %}
        each_campaign as (partition by campaign order by activity_date)
),

campaigns_tried as (
    {%- for rule in rules %}
        select
            '{{ rule }}' as rule,
            campaign,
            count(is_{{ rule }}) as judged_day_count,
            count(*) filter (where is_{{ rule }}) as fired_day_count,
            count(*) filter (where starts_{{ rule }}) as episode_count,
            count(*) filter (where starts_{{ rule }} and is_over_in_1_{{ rule }})
                as recovered_in_1_count,
            count(*) filter (where starts_{{ rule }} and is_over_in_3_{{ rule }})
                as recovered_in_3_count
        from neighboured
        group by campaign
        {{ 'union all' if not loop.last }}
    {%- endfor %}
),

rules_tried as (
    select * from campaigns_tried
    union all
    select
        rule,
        cast(null as string) as campaign,
        sum(judged_day_count) as judged_day_count,
        sum(fired_day_count) as fired_day_count,
        sum(episode_count) as episode_count,
        sum(recovered_in_1_count) as recovered_in_1_count,
        sum(recovered_in_3_count) as recovered_in_3_count
    from campaigns_tried
    group by rule
),

-- The condition is that of the rule, with its tolerance.
grid_counted as (
    {%- for days in windows %}
        select
            {{ days }} as window_days,
            days_{{ days }} as history_days,
            {%- for ratio in ratios %}
                count(*) filter (
                    where {{ ratio }} * average_{{ days }} - roas > 1e-9 * average_{{ days }}
                ) as fired_{{ loop.index }}_count,
            {%- endfor %}
            count(*) as judged_day_count
        from neighboured
        where roas is not null
        group by days_{{ days }}
        {{ 'union all' if not loop.last }}
    {%- endfor %}
),

leasts as (
    {{ listed('min_history_days', leasts) }}
),

ratios as (
    {{ listed('ratio', ratios, number='ratio_no', first=1) }}
),

settings as (
    select
        leasts.min_history_days,
        ratios.ratio_no,
        cast(ratios.ratio as double) as ratio
    from leasts
    cross join ratios
),

grid_tried as (
    select
        settings.ratio,
        grid_counted.window_days,
        settings.min_history_days,
        sum(grid_counted.judged_day_count) as judged_day_count,
        sum(
            case settings.ratio_no
                {%- for ratio in ratios %}
                    when {{ loop.index }} then grid_counted.fired_{{ loop.index }}_count
                {%- endfor %}
            end
        ) as fired_day_count
    from grid_counted
    inner join settings
        on grid_counted.history_days >= settings.min_history_days
    where
        settings.min_history_days <= grid_counted.window_days
        and not (
            settings.ratio = {{ in_force[0] }}
            and grid_counted.window_days = {{ in_force[1] }}
            and settings.min_history_days = {{ in_force[2] }}
        )
    group by settings.ratio, grid_counted.window_days, settings.min_history_days
),

tried as (
    select
        rule,
        case when rule = 'ratio' then cast({{ in_force[0] }} as double) end as ratio,
        case when rule = 'ratio' then {{ in_force[1] }} end as window_days,
        case when rule = 'ratio' then {{ in_force[2] }} end as min_history_days,
        true as is_in_force,
        campaign,
        judged_day_count,
        fired_day_count,
        episode_count,
        recovered_in_1_count,
        recovered_in_3_count
    from rules_tried
    union all
    select
        'ratio' as rule,
        ratio,
        window_days,
        min_history_days,
        false as is_in_force,
        cast(null as string) as campaign,
        judged_day_count,
        fired_day_count,
        cast(null as bigint) as episode_count,
        cast(null as bigint) as recovered_in_1_count,
        cast(null as bigint) as recovered_in_3_count
    from grid_tried
),

final as (
    select
        rule,
        ratio,
        is_in_force,
        campaign,
        cast(window_days as bigint) as window_days,
        cast(min_history_days as bigint) as min_history_days,
        cast(judged_day_count as bigint) as judged_day_count,
        cast(fired_day_count as bigint) as fired_day_count,
        cast(episode_count as bigint) as episode_count,
        cast(recovered_in_1_count as bigint) as recovered_in_1_count,
        cast(recovered_in_3_count as bigint) as recovered_in_3_count,
        case when judged_day_count > 0 then cast(fired_day_count as double) / judged_day_count end
            as fired_share,
        case when episode_count > 0 then cast(fired_day_count as double) / episode_count end
            as mean_episode_days
    from tried
)

select * from final
