{{ config(post_hook="{{ export_json(
    'manifest.json', order_by=['kind', 'file'], header=ref('rpt_build'), rows_key='files'
) }}") }}

with

purchases_raw as (
    select * from {{ ref('purchases_raw') }}
),

confirmed_purchases as (
    select * from {{ ref('confirmed_purchases') }}
),

costs_daily as (
    select * from {{ ref('costs_daily') }}
),

sessions as (
    select * from {{ ref('sessions') }}
),

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
    {{ manifest_row('input', 'purchases_raw') }}
    union all
    {{ manifest_row('input', 'confirmed_purchases') }}
    union all
    {{ manifest_row('input', 'costs_daily') }}
    union all
    {{ manifest_row('input', 'sessions') }}
    union all
    {{ manifest_row('report', 'purchases_curated') }}
    union all
    {{ manifest_row('report', 'reconciliation') }}
    union all
    {{ manifest_row('report', 'roas_d1') }}
    union all
    {{ manifest_row('report', 'roas_anomaly') }}
    union all
    {{ manifest_row('report', 'arpdau_d1') }}
    union all
    {{ manifest_row('report', 'deep_links') }}
)

select * from final
