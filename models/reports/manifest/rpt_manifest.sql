{{ config(post_hook="{{ export_json(
    'manifest.json', order_by=['kind', 'file'], header=ref('rpt_build'), rows_key='files'
) }}") }}

with

inputs as (
    {%- for name in [
        'purchases_raw', 'confirmed_purchases', 'costs_daily', 'sessions', 'exchange_rates'
    ] %}
        {{ input_manifest_row(name) }}
        {{ 'union all' if not loop.last }}
    {%- endfor %}
),

reports as (
    {%- for name in reports_by_mart().values() | sum(start=[]) %}
        {{ report_manifest_row(name) }}
        {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select * from inputs
    union all
    select * from reports
)

select * from final
