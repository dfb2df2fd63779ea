{# The sales report of the Google Play Console. It knows no player. Amounts are what the buyer paid,
   in the buyer's currency. #}
{% macro preset_google_play_sales() -%}
confirmed_purchases:
  known_by: [Order Number, Financial Status]
  decimal: "."
  thousands: ","
  columns:
    appsflyer_id: {value: null}
    event_name: {value: null}
    event_time_utc: [Order Charged Timestamp, Order Charged Date]
    revenue_usd:
      sql: "case when upper({Currency of Sale}) = 'USD' then replace({Charged Amount}, '-', '') end"
    campaign: {value: null}
    receipt_id: Order Number
    status:
      sql: >
        case
            when lower({Financial Status}) like '%refund%' then 'refund'
            else {Financial Status}
        end
    revenue: {sql: "replace({Charged Amount}, '-', '')"}
    currency: Currency of Sale
    refund_amount_usd:
      sql: >
        case
            when lower({Financial Status}) like '%refund%' and upper({Currency of Sale}) = 'USD'
                then replace({Charged Amount}, '-', '')
        end
    refund_amount:
      sql: >
        case
            when lower({Financial Status}) like '%refund%' then replace({Charged Amount}, '-', '')
        end
{%- endmacro %}
