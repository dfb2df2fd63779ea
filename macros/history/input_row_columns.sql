{# What `fct_input_row_changes` says of an input row: the columns that make a row another one. #}
{% macro input_row_columns() -%}
    {{ return([
        'input_name', 'row_key', 'disposition', 'status', 'activity_date', 'campaign',
        'revenue_usd', 'net_revenue_usd', 'ad_cost_usd', 'purchase_count', 'session_count', 'dau',
    ]) }}
{%- endmacro %}
