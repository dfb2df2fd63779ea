with

purchases as (
    select * from {{ ref('int_purchases__classified') }}
),

confirmations as (
    select * from {{ ref('stg_app_store__confirmed_purchases') }}
),

confirmations_accepted as (
    select * from {{ ref('int_confirmations__accepted') }}
),

confirmations_rejected as (
    select * from {{ ref('int_confirmations__rejected') }}
),

costs as (
    select * from {{ ref('stg_ads__costs') }}
),

costs_accepted as (
    select * from {{ ref('int_costs__accepted') }}
),

costs_superseded as (
    select * from {{ ref('int_costs__superseded') }}
),

costs_rejected as (
    select * from {{ ref('int_costs__rejected') }}
),

sessions as (
    select * from {{ ref('stg_game__sessions') }}
),

sessions_accepted as (
    select * from {{ ref('int_sessions__accepted') }}
),

sessions_rejected as (
    select * from {{ ref('int_sessions__rejected') }}
),

usable_rows as (
    select
        'purchases_raw' as source_name,
        count(*) as row_count,
        max(cast(purchased_at as date)) as last_date
    from purchases
    where disposition != 'malformed'
    union all
    select
        'confirmed_purchases' as source_name,
        count(*) as row_count,
        max(cast(confirmed_at as date)) as last_date
    from confirmations_accepted
    union all
    select
        'costs_daily' as source_name,
        count(*) as row_count,
        max(cost_date) as last_date
    from (
        select cost_date from costs_accepted
        union all
        select cost_date from costs_superseded
    ) as usable_costs
    union all
    select
        'sessions' as source_name,
        count(*) as row_count,
        max(session_date) as last_date
    from sessions_accepted
),

unusable_rows as (
    select
        'purchases_raw' as source_name,
        count(*) as row_count
    from purchases
    where disposition = 'malformed'
    union all
    select
        'confirmed_purchases' as source_name,
        count(*) as row_count
    from confirmations_rejected
    union all
    select
        'costs_daily' as source_name,
        count(*) as row_count
    from costs_rejected
    union all
    select
        'sessions' as source_name,
        count(*) as row_count
    from sessions_rejected
),

-- Rows that are equal in every column, compared as text. A message repeats the row of a file by
-- design.
distinct_purchases as (
    select distinct
        appsflyer_id,
        event_name,
        event_time_text,
        revenue_text,
        campaign_spelling,
        receipt_id,
        status,
        purchase_id < 0 as is_message
    from purchases
),

distinct_confirmations as (
    select distinct
        appsflyer_id,
        event_name,
        event_time_text,
        revenue_text,
        campaign_spelling,
        confirmation_receipt_id
    from confirmations
),

distinct_costs as (
    select distinct
        date_text,
        campaign_spelling,
        ad_cost_text,
        campaign_id,
        media_source,
        cost_key,
        cost_version
    from costs
),

distinct_sessions as (
    select distinct
        event_time_text,
        user_id,
        event_name
    from sessions
),

distinct_rows as (
    select
        'purchases_raw' as source_name,
        count(*) as distinct_row_count
    from distinct_purchases
    union all
    select
        'confirmed_purchases' as source_name,
        count(*) as distinct_row_count
    from distinct_confirmations
    union all
    select
        'costs_daily' as source_name,
        count(*) as distinct_row_count
    from distinct_costs
    union all
    select
        'sessions' as source_name,
        count(*) as distinct_row_count
    from distinct_sessions
),

counted as (
    select
        usable_rows.source_name,
        usable_rows.last_date,
        distinct_rows.distinct_row_count,
        unusable_rows.row_count as unusable_row_count,
        usable_rows.row_count + unusable_rows.row_count as row_count
    from usable_rows
    inner join unusable_rows
        on usable_rows.source_name = unusable_rows.source_name
    inner join distinct_rows
        on usable_rows.source_name = distinct_rows.source_name
),

-- Sources are compared with each other and not with a clock, so the same files give the same
-- result.
final as (
    select
        source_name,
        row_count,
        {{ share_of('unusable_row_count', 'row_count') }} as unusable_row_share,
        {{ share_of('row_count - distinct_row_count', 'row_count') }} as repeated_row_share,
        last_date,
        {{ days_between('last_date', 'max(last_date) over ()') }} as days_behind
    from counted
)

select * from final
