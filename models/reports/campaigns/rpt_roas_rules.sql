{{ config(post_hook="{{ export_json('roas_rules.json', order_by=[
    'rule', 'not in_force', 'ratio', 'window_days', 'min_history_days', 'campaign is not null',
    'campaign'
]) }}") }}

-- Waits for every mart. depends_on: {{ ref('rpt_period') }}
with

trials as (
    select * from {{ ref('fct_roas_rule_trials') }}
),

final as (
    select
        rule,
        ratio,
        window_days,
        min_history_days,
        is_in_force as in_force,
        campaign,
        judged_day_count as judged_days,
        fired_day_count as fired_days,
        fired_share,
        episode_count as episodes,
        mean_episode_days,
        recovered_in_1_count as recovered_in_1,
        recovered_in_3_count as recovered_in_3
    from trials
)

select * from final
