-- Every figure that differs from the report of an earlier day does so because of input rows or
-- rules. Only a warning: the figures are right even if their change is not explained.
{{ config(severity='warn') }}

select
    restated.date,
    restated.mart,
    restated.figure,
    restated.figure_key,
    restated.amount
from {{ ref('rpt_restatements') }} as restated
where restated.cause = 'unexplained'
