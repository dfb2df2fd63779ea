{# Stops the build before any model runs if a var is not valid. The error names the var, its value
   and what it must be. #}
{% macro assert_settings() -%}
    {%- if execute -%}
        {%- set as_of = var('as_of_date') -%}
        {%- if as_of is not none -%}
            {%- do assert_var(
                'as_of_date',
                is_calendar_date(as_of | string),
                'a date that exists, as YYYY-MM-DD, or null for the last day with activity',
            ) -%}
        {%- endif -%}
        {%- for name, least in [
            ('reconciliation_window_minutes', 0),
            ('roas_history_window_days', 1),
            ('roas_min_history_days', 0),
            ('quality_min_rows', 1),
            ('quality_min_rows_per_day', 1),
            ('page_max_days', 1),
            ('page_max_charts', 1),
            ('page_max_rows', 1),
        ] -%}
            {%- do assert_var(
                name,
                modules.re.fullmatch('[0-9]+', var(name) | string) and var(name) | int >= least,
                'a whole number, ' ~ least ~ ' or greater',
            ) -%}
        {%- endfor -%}
        {%- do assert_var(
            'roas_anomaly_ratio',
            modules.re.fullmatch('[0-9]+([.][0-9]+)?', var('roas_anomaly_ratio') | string),
            'a number, 0 or greater',
        ) -%}
        {%- set inputs = graph.nodes.values()
            | selectattr('resource_type', 'equalto', 'seed') | map(attribute='name') | list -%}
        {%- set given = var('landing') -%}
        {%- do assert_var(
            'landing',
            given is none or given is string or given is mapping
            and given.keys() | sort == inputs | sort
            and given.values() | select('string') | list | length == inputs | length,
            'a folder, or a mapping of each of ' ~ inputs | sort | join(', ')
            ~ ' to a file, a folder or a glob, or null for the files in seeds/',
        ) -%}
        {%- for name in [
            'purchase_event_names',
            'refund_statuses',
            'failed_statuses',
            'organic_campaign_names',
            'acknowledged_campaign_spellings',
        ] -%}
            {%- do assert_var(
                name, var(name) is sequence and var(name) is not string, 'a list'
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
