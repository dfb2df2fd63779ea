{# What a studio's receipt validation service logs, mostly of the App Store. #}
{% macro preset_app_store_transactions() -%}
confirmed_purchases:
  known_by: [product_id, price]
  columns:
    appsflyer_id: [appsflyer_id, {value: null}]
    event_name: {value: null}
    event_time_utc: [purchased_at, purchase_date, purchase_date_ms, purchase_time]
    revenue_usd:
      - price_usd
      - sql: "case when upper({currency}) = 'USD' then replace({price}, '-', '') end"
    campaign: {value: null}
    receipt_id: [transaction_id, order_id]
    status:
      sql: >
        case
            when coalesce({revocation_date}, {refunded_at}, {cancellation_date}) is not null
                or {price} like '-%'
                then 'refund'
            else coalesce({status}, {notification_type})
        end
    revenue: {sql: "replace({price}, '-', '')"}
    currency: currency
    refund_amount_usd: refund_amount_usd
    refund_amount: refund_amount
    refund_percentage: [refund_percentage, revocation_percentage]
{%- endmacro %}
