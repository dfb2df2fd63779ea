{# The vars on which figures depend, as JSON: all but the day, the place of the inputs, and what
   only the page or the checkpoints read. #}
{% macro rule_settings() -%}
    {%- set settings = {} -%}
    {%- for name in [
        'last_day_is_complete',
        'purchase_event_names',
        'refund_event_names',
        'refund_statuses',
        'refund_reversal_statuses',
        'refunds_count_on',
        'receipt_patterns',
        'reconciliation_window_minutes',
        'organic_campaign_names',
        'restricted_media_sources',
        'provisional_cost_days',
        'roas_anomaly_ratio',
        'roas_history_window_days',
        'roas_min_history_days',
        'roas_min_spend_usd',
        'inputs',
    ] -%}
        {%- do settings.update({name: var(name)}) -%}
    {%- endfor -%}
    {{ return(tojson(settings)) }}
{%- endmacro %}
