-- Campaigns join on the trimmed, upper-cased name. This test lists merged spellings that are not
-- acknowledged: correct them at the source, or add them to var acknowledged_campaign_spellings. It
-- also lists spellings with decomposed characters (Unicode NFD): they look like composed ones (NFC)
-- but are separate campaigns.
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
