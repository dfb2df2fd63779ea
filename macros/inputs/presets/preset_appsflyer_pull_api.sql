{# AppsFlyer's raw data of in-app events as the Pull API and the Export page write it. Names compare
   without case, spaces and underscores, so the columns fit Data Locker as well.

   A refund is an event of var `refund_event_names` or with a negative amount. It gets the status
   refund and a positive amount. An event without an amount that is neither, such as a login, has no
   status, so that no check takes it for a purchase that was left out. #}
{% macro preset_appsflyer_pull_api() -%}
    {%- set is_refund_event = is_in(
        'lower({Event Name})', var('refund_event_names') | map('lower') | list
    ) -%}
    {%- set is_other_event = '{Event Revenue} is null and not ' ~ is_in(
        'lower({Event Name})',
        (var('purchase_event_names') + var('refund_event_names')) | map('lower') | list
    ) -%}
purchases_raw:
  known_by: [AppsFlyer ID, Event Name, Event Time]
  columns:
    appsflyer_id: AppsFlyer ID
    event_name: Event Name
    event_time_utc: Event Time
    revenue_usd:
      - sql: "replace({Event Revenue USD}, '-', '')"
      - sql: "case when {Event Revenue Currency} = 'USD' then replace({Event Revenue}, '-', '') end"
      - sql: "case when {{ is_other_event }} then '0' end"
    campaign: Campaign
    receipt_id:
      column: Event Value
      json: [af_order_id, af_receipt_id, order_id, receipt_id, transaction_id]
    status:
      sql: >
        case
            when {{ is_refund_event }} then 'refund'
            when coalesce({Event Revenue USD}, {Event Revenue}) like '-%' then 'refund'
            when not ({{ is_other_event }}) then 'success'
        end
    campaign_id: [Campaign ID, af_c_id]
    media_source: Media Source
    is_primary_attribution: Is Primary Attribution
    is_receipt_validated: Is Receipt Validated
    install_time_utc: Install Time
    customer_user_id: Customer User ID
    revenue: {sql: "replace({Event Revenue}, '-', '')"}
    currency: Event Revenue Currency
    refund_amount_usd:
      sql: >
        case
            when {{ is_refund_event }} or {Event Revenue USD} like '-%'
                then replace({Event Revenue USD}, '-', '')
        end
    refund_amount:
      sql: >
        case
            when {{ is_refund_event }} or {Event Revenue} like '-%'
                then replace({Event Revenue}, '-', '')
        end
sessions:
  known_by: [AppsFlyer ID, Event Name, Event Time]
  columns:
    event_timestamp_utc: Event Time
    user_id: Customer User ID
    event_name: Event Name
{%- endmacro %}
