with

events as (
    select * from {{ ref('int_events__received') }}
),

misfits as (
    select * from {{ ref('fct_event_misfits') }}
),

counted as (
    select
        event_type,
        field_name,
        reason,
        count(*) as misfit_count
    from misfits
    group by event_type, field_name, reason
),

ranked as (
    select
        misfit_count,
        concat(
            misfit_count,
            ' of ',
            event_type,
            coalesce(concat('.', field_name), ''),
            ' (',
            reason,
            ')'
        ) as misfit,
        row_number() over (
            order by misfit_count desc, event_type asc, field_name asc, reason asc
        ) as misfit_rank
    from counted
),

summed as (
    select
        cast(coalesce(sum(misfit_count), 0) as bigint) as misfit_count,
        max(case when misfit_rank = 1 then misfit end) as worst_misfit
    from ranked
),

received as (
    select count(*) as event_count
    from events
),

final as (
    select
        received.event_count,
        summed.worst_misfit,
        case when received.event_count > 0 then summed.misfit_count end as misfit_count
    from received
    cross join summed
)

select * from final
