{# AppsFlyer's Cost ETL: Parquet files in folders such as dt=2026-01-05/b=4. Each batch writes
   several days again, so the batch in the path is the version. #}
{% macro preset_appsflyer_cost_etl() -%}
costs_daily:
  known_by: [date, media_source, campaign, cost]
  null_words: ["null"]
  columns:
    date: date
    campaign: campaign
    ad_cost_usd: {sql: "case when upper(coalesce({currency}, 'USD')) = 'USD' then {cost} end"}
    campaign_id: campaign_id
    media_source: media_source
    cost: {sql: "case when upper({currency}) != 'USD' then {cost} else {original_cost} end"}
    currency:
      sql: "case when upper({currency}) != 'USD' then {currency} else {original_currency} end"
    cost_key:
      sql: >
        concat_ws(
            '|', coalesce({app_id}, ''), coalesce({media_source}, ''), coalesce({agency}, ''),
            coalesce({campaign_id}, ''), coalesce({adset}, ''), coalesce({adset_id}, ''),
            coalesce({ad}, ''), coalesce({ad_id}, ''), coalesce({site_id}, ''),
            coalesce({channel}, ''), coalesce({keywords}, ''), coalesce({country}, {geo}, ''),
            coalesce({os}, '')
        )
    cost_version: {path: "dt=([0-9-]+)/b=([0-9]+)"}
{%- endmacro %}
