{# The tables of the schema `history`, with their columns. #}
{% macro history_tables() -%}
    {{ return({
        'builds': [
            'build_id string', 'built_at timestamp', 'as_of_date date', 'd1_date date',
            'settings string', 'code_version string',
        ],
        'report_changes': [
            'build_id string', 'mart string', 'figure string', 'figure_key string',
            'activity_date date', 'figure_value decimal(38, 8)', 'row_count bigint',
        ],
        'input_row_changes': [
            'build_id string', 'input_name string', 'row_key string', 'disposition string',
            'status string', 'activity_date date', 'campaign string',
            'revenue_usd decimal(24, 8)', 'net_revenue_usd decimal(24, 8)',
            'ad_cost_usd decimal(24, 8)', 'purchase_count bigint', 'session_count bigint',
            'dau bigint', 'row_count bigint',
        ],
    }) }}
{%- endmacro %}
