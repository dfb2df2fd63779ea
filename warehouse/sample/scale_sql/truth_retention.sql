-- How many of the players who were first seen on a day came back on the day of each age; null where
-- that day is not over.
create view truth_retention as
with

ages as (
    select unnest([1, 3, 7, 14, 30]) as age_days
),

seen as (
    select distinct
        player_no,
        session_day_no as day_no
    from session_rows
    where session_day_no is not null
),

first_seen as (
    select
        player_no,
        min(day_no) as first_day_no
    from seen
    group by player_no
)

select
    cast(
        make_timestamp((getvariable('begins_at') + first_seen.first_day_no * 86400) * 1000000)
        as date
    ) as first_session_date,
    ages.age_days,
    count(distinct first_seen.player_no) as players,
    case
        when first_seen.first_day_no + ages.age_days <= getvariable('d1_no')
            then count(*) filter (
                where seen.day_no = first_seen.first_day_no + ages.age_days
            )
    end as returned
from first_seen
cross join ages
inner join seen on first_seen.player_no = seen.player_no
where first_seen.first_day_no <= getvariable('d1_no')
group by first_seen.first_day_no, ages.age_days
order by first_seen.first_day_no, ages.age_days;
