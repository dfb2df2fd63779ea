{# For each var, whether its value is valid, and a description of valid values. #}
{% macro setting_rules() -%}
    {%- set rules = {} -%}
    {%- set as_of = var('as_of_date') -%}
    {%- do rules.update({'as_of_date': [
        as_of is none or is_calendar_date(as_of | string),
        'a date that exists, as YYYY-MM-DD, or null for the last day with activity',
    ]}) -%}
    {%- for name, least in [
        ('reconciliation_window_minutes', 0),
        ('sweep_min_rows', 1),
        ('roas_history_window_days', 1),
        ('roas_min_history_days', 0),
        ('roas_trial_window_days', 1),
        ('roas_trial_min_history_days', 1),
        ('provisional_cost_days', 0),
        ('quality_min_rows', 1),
        ('quality_min_rows_per_day', 1),
        ('page_max_days', 1),
        ('page_max_charts', 1),
        ('page_max_rows', 1),
    ] -%}
        {%- do rules.update({name: [
            modules.re.fullmatch('[0-9]+', var(name) | string) and var(name) | int >= least,
            'a whole number, ' ~ least ~ ' or greater',
        ]}) -%}
    {%- endfor -%}
    {%- for name in [
        'roas_anomaly_ratio', 'roas_min_spend_usd', 'roas_trial_z', 'roas_daily_variation',
        'window_fit_min_share', 'zone_shift_min_share'
    ] -%}
        {%- do rules.update({name: [
            modules.re.fullmatch('[0-9]+([.][0-9]+)?', var(name) | string),
            'a number, 0 or greater',
        ]}) -%}
    {%- endfor -%}
    {%- set patterns = var('receipt_patterns') -%}
    {%- set are_texts = patterns is sequence and patterns is not string and patterns is not mapping
        and patterns and patterns | reject('string') | list | length == 0 -%}
    {%- set faults = [] -%}
    {%- for pattern in patterns if are_texts -%}
        {%- do faults.append(regex_fault(pattern)) -%}
    {%- endfor -%}
    {%- set fault = faults | select | join('; ') -%}
    {%- do rules.update({'receipt_patterns': [
        are_texts and not fault,
        'a list of one or more regular expressions' ~ (' of RE2 (' ~ fault ~ ')' if fault else ''),
    ]}) -%}
    {%- set optional = inputs() | selectattr('config.meta.optional', 'true')
        | map(attribute='name') | list -%}
    {%- set inputs = inputs() | map(attribute='name') | reject('in', optional) | list -%}
    {%- set given = var('landing') -%}
    {%- do rules.update({'landing': [
        given is none or given is string or given is mapping
        and given.keys() | reject('in', optional) | sort == inputs | sort
        and given.values() | reject('string') | list | length == 0,
        'a folder, or a mapping of each of ' ~ inputs | sort | join(', ')
        ~ ' to a file, a folder or a glob, or null for the files in seeds/',
    ]}) -%}
    {%- set lists = [
        'purchase_event_names',
        'refund_event_names',
        'refund_statuses',
        'refund_reversal_statuses',
        'failed_statuses',
        'organic_campaign_names',
        'restricted_media_sources',
        'acknowledged_campaign_spellings',
    ] -%}
    {%- for name in lists -%}
        {%- do rules.update({name: [
            var(name) is sequence and var(name) is not string and var(name) is not mapping
            and var(name) | reject('string') | reject('integer') | list | length == 0,
            'a list of texts',
        ]}) -%}
    {%- endfor -%}
    {#- The presets read the lists -#}
    {%- set wrong_lists = rules.items() | selectattr(0, 'in', lists) | map(attribute=1)
        | rejectattr(0) | list -%}
    {%- set fault = inputs_fault(var('inputs')) if not wrong_lists else '' -%}
    {%- do rules.update({'inputs': [
        not fault, 'null or a mapping of inputs to mappings as in docs/inputs.md: ' ~ fault,
    ]}) -%}
    {%- do rules.update({'refunds_count_on': [
        var('refunds_count_on') in ['purchase_day', 'refund_day'],
        'purchase_day or refund_day',
    ]}) -%}
    {%- for name in ['allow_empty_inputs', 'last_day_is_complete', 'parquet_marts'] -%}
        {%- do rules.update({name: [var(name) is boolean, 'true or false']}) -%}
    {%- endfor -%}
    {{ return(rules) }}
{%- endmacro %}
