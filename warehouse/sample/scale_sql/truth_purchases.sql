-- The disposition of every row of purchases_raw.csv, by the row number that the warehouse gives it:
-- 1 is the first below the header.
create table numbered_purchases as
select
    row_number() over () as source_row_number,
    sale_no,
    copy_no,
    story,
    disposition,
    is_charged_back
from purchase_rows;

-- What is written needs no memory any more.
drop view purchases_raw;
drop table purchase_rows;

create view truth_purchases as
with

-- The first of several is the earliest by its own time, whichever arrived first.
kept as (
    select
        sale_no,
        source_row_number
    from numbered_purchases
    where copy_no = 0
),

rows_judged as (
    select
        *,
        case when disposition = 'duplicate' then sale_no end as kept_sale_no
    from numbered_purchases
)

select
    rows_judged.source_row_number,
    rows_judged.disposition,
    kept.source_row_number as duplicate_of,
    rows_judged.is_charged_back,
    rows_judged.story
from rows_judged
left join kept on rows_judged.kept_sale_no = kept.sale_no
order by rows_judged.source_row_number;
