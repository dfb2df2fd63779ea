-- Which confirmation belongs to which purchase, whether or not anybody could find out: a row for
-- each pair, and one for each purchase or confirmation that has no other side.
create table numbered_confirmations as
select
    row_number() over () as source_row_number,
    sale_no,
    copy_no,
    story
from confirmation_rows;

drop view confirmed_purchases;
drop table confirmation_rows;

create view truth_matches as
with

purchases as (
    select
        sale_no,
        copy_no,
        source_row_number,
        story
    from numbered_purchases
    where copy_no = 0 and disposition in ('curated', 'malformed')
)

select
    purchases.source_row_number as purchase_row_number,
    numbered_confirmations.source_row_number as confirmation_row_number,
    case
        when numbered_confirmations.copy_no = 1 then 'repeated_confirmation'
        when purchases.sale_no is null then 'lost_purchase'
        when numbered_confirmations.sale_no is null then 'never_confirmed'
        when purchases.story = 'repeated_confirmation' then 'plain'
        else purchases.story
    end as story
from purchases
full join numbered_confirmations
    on
        purchases.sale_no = numbered_confirmations.sale_no
        and purchases.copy_no = numbered_confirmations.copy_no
order by purchase_row_number nulls last, confirmation_row_number;
