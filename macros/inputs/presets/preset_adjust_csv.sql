{# Adjust's raw data as CSV uploads to cloud storage write it. The columns are the placeholders that
   an app's callback names; braces around a name do not matter. #}
{% macro preset_adjust_csv() -%}
purchases_raw:
  known_by: [adid, created_at]
  columns:
    appsflyer_id: adid
    event_name: [event_name, event]
    event_time_utc: created_at
    revenue_usd:
      - sql: "replace({revenue_usd}, '-', '')"
      - sql: "case when {reporting_currency} = 'USD' then replace({reporting_revenue}, '-', '') end"
      - sql: "case when {currency} = 'USD' then replace({revenue_float}, '-', '') end"
    campaign: campaign_name
    receipt_id:
      - transaction_id
      - order_id
      - column: publisher_parameters
        json: [order_id, receipt_id, transaction_id]
      - value: null
    status:
      sql: >
        case
            when coalesce({revenue_usd}, {reporting_revenue}, {revenue_float}) like '-%'
                then 'refund'
            else 'success'
        end
    campaign_id: campaign_id
    media_source: network_name
    install_time_utc: installed_at
    customer_user_id: [external_device_id, user_id]
    revenue: {sql: "replace({revenue_float}, '-', '')"}
    currency: currency
    refund_amount_usd:
      sql: "case when {revenue_usd} like '-%' then replace({revenue_usd}, '-', '') end"
    refund_amount:
      sql: "case when {revenue_float} like '-%' then replace({revenue_float}, '-', '') end"
sessions:
  known_by: [adid, created_at]
  columns:
    event_timestamp_utc: created_at
    user_id: [external_device_id, user_id]
    event_name: [activity_kind, event_name, event]
{%- endmacro %}
