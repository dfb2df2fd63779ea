{# The figures that history keeps of each build: for each mart its key (a campaign, or none), its
   day, and its figures. A figure names the column of `fct_input_row_changes` whose sum over the
   input rows of that key and day it is, or none if it follows from others, as a ratio does. #}
{% macro kept_figures() -%}
    {{ return([
        {
            'mart': 'fct_campaign_roas_daily', 'key': 'campaign', 'date': 'activity_date',
            'figures': {
                'net_revenue_usd': 'net_revenue_usd', 'ad_cost_usd': 'ad_cost_usd',
                'roas': none, 'is_anomaly': none,
            },
        },
        {
            'mart': 'fct_arpdau_daily', 'key': none, 'date': 'activity_date',
            'figures': {
                'net_revenue_usd': 'net_revenue_usd', 'purchase_count': 'purchase_count',
                'session_count': 'session_count', 'dau': 'dau', 'arpdau_usd': none,
            },
        },
    ]) }}
{%- endmacro %}
