{{ config(post_hook="{{ export_json(
    'manifest.json', order_by=['kind', 'file'], header=ref('rpt_build'), rows_key='files'
) }}") }}

with

purchases_curated as (
    select * from {{ ref('rpt_purchases_curated') }}
),

reconciliation as (
    select * from {{ ref('rpt_reconciliation') }}
),

roas_d1 as (
    select * from {{ ref('rpt_roas_d1') }}
),

roas_anomaly as (
    select * from {{ ref('rpt_roas_anomaly') }}
),

arpdau_d1 as (
    select * from {{ ref('rpt_arpdau_d1') }}
),

deep_links as (
    select * from {{ ref('rpt_deep_links') }}
),

final as (
    {{ input_manifest_row('purchases_raw') }}
    union all
    {{ input_manifest_row('confirmed_purchases') }}
    union all
    {{ input_manifest_row('costs_daily') }}
    union all
    {{ input_manifest_row('sessions') }}
    union all
    {{ report_manifest_row('purchases_curated') }}
    union all
    {{ report_manifest_row('reconciliation') }}
    union all
    {{ report_manifest_row('roas_d1') }}
    union all
    {{ report_manifest_row('roas_anomaly') }}
    union all
    {{ report_manifest_row('arpdau_d1') }}
    union all
    {{ report_manifest_row('deep_links') }}
)

select * from final
