-- Var as_of_date names a day that the data covers: with any other, the reports are of an empty day.
{{ config(severity='warn', meta={'tells': 'message'}) }}

with

as_of as (
    select * from {{ ref('int_as_of__resolved') }}
),

-- Without the messages of AppsFlyer, which are in no file.
purchases as (
    select *
    from {{ ref('int_purchases__classified') }}
    where purchase_id > 0
),

sessions as (
    select * from {{ ref('stg_game__sessions') }}
),

files as (
    select * from {{ ref('rpt_manifest') }}
),

-- The staging models leave out what is later than the as-of date.
counted as (
    select
        (select count(*) from purchases) + (select count(*) from sessions) as known_row_count,
        sum(row_count) as row_count
    from files
    where
        kind = 'input'
        and (file like 'purchases_raw%' or file like 'sessions%')
),

judged as (
    select
        as_of.*,
        counted.row_count > counted.known_row_count as has_later_rows
    from as_of
    cross join counted
)

select
    concat(
        'Var as_of_date is ', as_of_date, ', so D-1 is ', d1_date,
        case
            when d1_date > last_activity_date
                then concat(', after the last day of the data, ', last_activity_date)
            when first_activity_date is not null
                then concat(', before the first day of the data, ', first_activity_date)
            when has_later_rows then ', before the first day of the data'
            else ', but the data are empty'
        end,
        '. The reports are of a day without data.'
    ) as message
from judged
where
    {{ as_of_date() }} is not null
    and (
        coalesce(d1_date < first_activity_date, true)
        or (d1_date > last_activity_date and not has_later_rows)
    )
