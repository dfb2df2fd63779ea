{# Lists every mart with the names of the reports that read it. `rpt_period` waits for all marts,
   `rpt_manifest` lists all reports. dbt must know what a model reads before it has parsed all
   models, so it cannot find these names itself; `tests/conventions` compares the list with what
   dbt has parsed. #}
{% macro reports_by_mart() -%}
    {{ return({
        'fct_purchases': ['purchases_curated'],
        'fct_purchase_dispositions_daily': [],
        'fct_rejected_rows': [],
        'fct_reconciliation': ['reconciliation'],
        'fct_reconciliation_sweep': ['reconciliation_sweep'],
        'fct_reconciliation_alternatives': ['reconciliation_alternatives'],
        'fct_confirmation_dispositions_daily': [],
        'fct_campaign_roas_daily': ['roas_d1', 'roas_anomaly'],
        'fct_arpdau_daily': ['arpdau_d1', 'engagement_daily'],
        'fct_retention_cohorts': ['retention'],
        'fct_install_cohorts': ['cohorts'],
        'fct_deep_links': ['deep_links'],
        'dim_players': [],
        'fct_player_events_daily': [],
        'fct_coins_daily': [],
        'fct_roas_rules_daily': ['roas_states'],
        'fct_roas_rule_trials': ['roas_rules'],
        'fct_character_purchases': ['characters'],
        'fct_report_changes': ['restatements'],
        'fct_input_row_changes': [],
    }) }}
{%- endmacro %}
