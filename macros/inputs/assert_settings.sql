{# Runs before everything else and stops the build where a var makes no sense, saying which one,
   what it holds and what it must hold. #}
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
        {%- do assert_var(
            'last_day_is_complete',
            var('last_day_is_complete') is boolean,
            'true where the data end with a whole day, else false',
        ) -%}
        {%- if var('receipt_pattern', none) is not none -%}
            {{ exceptions.raise_compiler_error(
                'Var receipt_pattern is ' ~ var('receipt_pattern') | tojson ~ '. It is called'
                ~ ' receipt_patterns now and is a list of regular expressions. Set in'
                ~ " dbt_project.yml or with --vars '{receipt_patterns: ["
                ~ var('receipt_pattern') | tojson ~ "]}'"
            ) }}
        {%- endif -%}
        {%- do assert_var(
            'receipt_patterns',
            var('receipt_patterns') is sequence and var('receipt_patterns') is not string
            and var('receipt_patterns') | length > 0
            and var('receipt_patterns') | select('string') | list | length
            == var('receipt_patterns') | length,
            'a list of regular expressions, one or more',
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

{% macro assert_var(name, is_valid, expected) -%}
    {%- if not is_valid -%}
        {{ exceptions.raise_compiler_error(
            'Var ' ~ name ~ ' is ' ~ var(name) | tojson ~ '. It must be ' ~ expected ~ '. Set it in'
            ~ " dbt_project.yml or with --vars '{" ~ name ~ ": ...}'"
        ) }}
    {%- endif -%}
{%- endmacro %}

{% macro is_calendar_date(text) -%}
    {%- if modules.re.fullmatch('[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}', text) is none -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set parsed = run_query('select try_cast(' ~ sql_string(text) ~ ' as date) is not null') -%}
    {{ return(parsed.columns[0][0]) }}
{%- endmacro %}
