with

purchases as (
    select * from {{ ref('int_purchases__classified') }}
),

confirmations as (
    select * from {{ ref('int_confirmations__rejected') }}
),

costs as (
    select * from {{ ref('int_costs__rejected') }}
),

sessions as (
    select * from {{ ref('int_sessions__rejected') }}
),

final as (
    select
        case when purchase_id < 0 then 'raw.game_events' else 'purchases_raw.csv' end as file,
        abs(purchase_id) as source_row_number,
        disposition,
        disposition_reason as reason,
        appsflyer_id as player_id,
        event_time_text as time_text,
        revenue_text as amount_text,
        revenue_usd as amount_usd,
        campaign_spelling,
        receipt_id
    from purchases
    where disposition != 'curated'
    union all
    select
        'confirmed_purchases.csv' as file,
        confirmation_id as source_row_number,
        'rejected' as disposition,
        rejection_reason as reason,
        appsflyer_id as player_id,
        event_time_text as time_text,
        revenue_text as amount_text,
        confirmation_revenue_usd as amount_usd,
        campaign_spelling,
        confirmation_receipt_id as receipt_id
    from confirmations
    union all
    select
        'costs_daily.csv' as file,
        cost_id as source_row_number,
        'rejected' as disposition,
        rejection_reason as reason,
        cast(null as {{ dbt.type_string() }}) as player_id,
        date_text as time_text,
        ad_cost_text as amount_text,
        ad_cost_usd as amount_usd,
        campaign_spelling,
        cast(null as {{ dbt.type_string() }}) as receipt_id
    from costs
    union all
    select
        'sessions.csv' as file,
        session_id as source_row_number,
        'rejected' as disposition,
        rejection_reason as reason,
        user_id as player_id,
        event_time_text as time_text,
        cast(null as {{ dbt.type_string() }}) as amount_text,
        cast(null as decimal(24, 8)) as amount_usd,
        cast(null as {{ dbt.type_string() }}) as campaign_spelling,
        cast(null as {{ dbt.type_string() }}) as receipt_id
    from sessions
)

select * from final
