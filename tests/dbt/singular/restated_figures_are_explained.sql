-- Every figure that differs from the report of an earlier day does so because of input rows or rules.
-- Only a warning: the figures are right even if their change is not explained.
{{ config(severity='warn') }}

select *
from {{ ref('rpt_restatements') }}
where cause = 'unexplained'
