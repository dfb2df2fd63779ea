with

source as (
    select * from {{ ref('sessions') }}
),

cleaned as (
    select
        source_row_number,
        {{ clean_text('event_timestamp_utc') }} as event_time_text,
        {{ clean_text('user_id') }} as user_id,
        {{ clean_text('event_name') }} as event_name
    from source
),

parsed as (
    select
        source_row_number as session_id,
        user_id,
        {{ parse_utc_timestamp('event_time_text') }} as started_at,
        {{ lower_case('event_name') }} as event_name,
        event_time_text
    from cleaned
),

final as (
    select
        *,
        {{ rejection_reason({
            'missing_user_id': 'user_id is null',
            'unparsable_time': 'started_at is null',
        }) }} as rejection_reason
    from parsed
    where {{ until_as_of('started_at') }}
)

select * from final
