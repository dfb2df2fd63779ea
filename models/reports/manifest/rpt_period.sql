-- Every report reads this model or one that does, and this model waits for every mart: a failed
-- test of one mart stops all reports.
{%- for mart in reports_by_mart() %}
-- depends_on: {{ ref(mart) }}
{%- endfor %}
with

as_of as (
    select * from {{ ref('int_as_of__resolved') }}
),

final as (
    select
        as_of_date,
        d1_date
    from as_of
)

select * from final
