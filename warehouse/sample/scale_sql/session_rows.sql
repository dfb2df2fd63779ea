-- The rows of sessions.csv in their order: that of arrival. Every sale has the session that it was
-- made in, and there are as many sessions again, of whoever plays.
create table session_rows as
with

buying as (
    select
        sale_no as session_no,
        sold_at - 20 - die(other_bits, 1, 1180) as started_at,
        player_no,
        die(text_bits, 3, 120) as seconds_late
    from sales
),

playing as (
    select
        2 * getvariable('sale_count') + sale_no as session_no,
        sold_at,
        day_no,
        low_bits(digest('session', sale_no)) as bits,
        high_bits(digest('session', sale_no)) as rank_bits
    from sales
    where sale_no < getvariable('sale_count')
),

idle as (
    select
        session_no,
        sold_at - die(bits, 0, 3600) as started_at,
        1000000
        + (day_no - die(bits, 1, 60) + 60) * getvariable('player_pool')
        + ((rank_bits & 1073741823) * getvariable('player_pool') >> 30) as player_no,
        die(bits, 2, 120) as seconds_late
    from playing
),

all_started as (
    select * from buying
    union all
    select * from idle
),

-- Of a thousand sessions one is written in another notation, one has no user and one no time.
written as (
    select
        session_no,
        player_no,
        started_at + seconds_late as arrived_at,
        -- Null for a session that nobody can count.
        case
            when session_no % 1000 not in (2, 3)
                then (started_at - getvariable('begins_at')) // 86400
        end as session_day_no,
        case session_no % 1000
            when 1 then other_time_text(started_at, session_no // 1000)
            when 2 then in_turn(['not-a-time', '2026-13-40T00:00:00Z', null], session_no // 1000)
            else utc_text(started_at)
        end as event_timestamp_utc,
        case
            when session_no % 1000 = 3 then in_turn([null, ' '], session_no // 1000)
            else concat('user_', player_no)
        end as user_id
    from all_started
    where is_exported(started_at)
)

select * from written
order by arrived_at, session_no;

create view sessions as
select
    event_timestamp_utc,
    user_id,
    'session_start' as event_name
from session_rows;
