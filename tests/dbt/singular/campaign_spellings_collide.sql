-- Campaigns join on the trimmed, upper-cased name. Lists the spellings that this merges and that
-- nobody has acknowledged yet: mend them where they come from, or add them to var
-- acknowledged_campaign_spellings. Lists as well the spellings whose marks stand apart from their
-- letters (Unicode's NFD): they look like those of one character each (NFC), and are campaigns of
-- their own.
{{ config(severity='warn', store_failures=true, schema='test_failures') }}

with

spellings as (
    select * from {{ ref('int_campaigns__spelled') }}
),

unacknowledged as (
    select
        campaign,
        campaign_spelling,
        row_count,
        count(*) over (partition by campaign) as spelling_count
    from spellings
    where
        is_paid
        and not {{ is_in('campaign_spelling', var('acknowledged_campaign_spellings')) }}
)

select
    campaign,
    campaign_spelling,
    row_count
from unacknowledged
where
    spelling_count > 1
    or {{ has_marks_apart('campaign_spelling') }}
