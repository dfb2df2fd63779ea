{{ config(
    materialized='view',
    post_hook="{{ export_csv('rejected_rows.csv', order_by=['file', 'source_row_number']) }}"
) }}

-- Waits for every mart. depends_on: {{ ref('rpt_period') }}
with

rejected_rows as (
    select * from {{ ref('fct_rejected_rows') }}
),

final as (
    select
        file,
        source_row_number,
        disposition,
        reason,
        player_id,
        time_text,
        amount_text,
        campaign_spelling,
        receipt_id
    from rejected_rows
)

select * from final
