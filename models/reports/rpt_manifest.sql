{{ config(post_hook="{{ export_json(
    'manifest.json', order_by=['kind', 'file'], header=ref('rpt_build'), rows_key='files'
) }}") }}

with

{% for input in ['purchases_raw', 'confirmed_purchases', 'costs_daily', 'sessions'] -%}
{{ input }} as (
    select * from {{ ref(input) }}
),

{% endfor -%}
{% set reports = ['purchases_curated', 'reconciliation', 'roas_d1', 'roas_anomaly', 'arpdau_d1'] -%}
{% for report in reports -%}
{{ report }} as (
    select * from {{ ref('rpt_' ~ report) }}
),

{% endfor -%}
final as (
    {%- for input in ['purchases_raw', 'confirmed_purchases', 'costs_daily', 'sessions'] %}
    select
        'input' as kind,
        '{{ input }}.csv' as file,
        (select count(*) from {{ input }}) as row_count,
        {{ file_sha256(seed_path(input)) }} as sha256,
    union all
    {%- endfor %}
    {%- for report in reports %}
    select
        'report' as kind,
        '{{ report }}.json' as file,
        (select count(*) from {{ report }}) as row_count,
        {{ file_sha256(reports_path() ~ '/' ~ report ~ '.json') }} as sha256,
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
