with

as_of as (
    select * from {{ ref('int_as_of__resolved') }}
),

builds as (
    select * from {{ source('history', 'builds') }}
),

recorded as (
    select * from {{ source('history', 'report_changes') }}
),

{%- for mart in kept_figures() %}

{{ mart.mart }} as (
    select * from {{ ref(mart.mart) }}
),

{%- endfor %}

-- Of a sum, zeros are not kept: whether a campaign that earned nothing has a row says nothing.
reported as (
    {%- for mart in kept_figures() %}
    {%- set mart_loop = loop %}
    {%- for figure, explained_by in mart.figures.items() %}
    {%- set is_flag = figure.startswith('is_') %}
    {%- set number = 'cast(' ~ figure ~ ' as integer)' if is_flag else figure %}
    {%- set value = 'try_cast(' ~ number ~ ' as decimal(38, 8))' %}
    select
        '{{ mart.mart }}' as mart,
        '{{ figure }}' as figure,
        {{ mart.key or 'cast(null as ' ~ type_string() ~ ')' }} as figure_key,
        {{ mart.date }} as activity_date,
        {{ 'nullif(' ~ value ~ ', 0)' if explained_by or is_flag else value }} as figure_value
    from {{ mart.mart }}
    {{ 'union all' if not (loop.last and mart_loop.last) }}
    {%- endfor %}
    {%- endfor %}
),

-- The as-of day is not over, and reports do not show it.
now as (
    select
        reported.*,
        cast(1 as bigint) as row_count
    from reported
    inner join as_of
        on reported.activity_date <= as_of.d1_date
    where reported.figure_value is not null
),

final as (
    {{ changes_since_recorded(
        'now', 'recorded', ['mart', 'figure', 'figure_key', 'activity_date', 'figure_value']
    ) }}
)

select * from final
