{# A query for the figures that differ between two recorded builds, each a SQL expression for its id,
   and because of which input rows. The second may be the earlier one. #}
{% macro changes_between(from_build, to_build) -%}
with

pair as (
    select
        least(before.d1_date, after.d1_date) as through_date,
        least(before.built_at, after.built_at) as first_built_at,
        greatest(before.built_at, after.built_at) as last_built_at,
        case when before.built_at <= after.built_at then 1 else -1 end as direction,
        {{ rules_cause(
            'before.settings', 'after.settings', 'before.code_version', 'after.code_version'
        ) }} as rules_cause
    from history.builds as before
    cross join history.builds as after
    where before.build_id = {{ from_build }} and after.build_id = {{ to_build }}
),

builds_between as (
    select
        builds.build_id,
        pair.direction
    from history.builds as builds
    inner join pair
        on builds.built_at > pair.first_built_at and builds.built_at <= pair.last_built_at
),

between_reports as (
    select
        changes.mart,
        changes.figure,
        changes.figure_key,
        changes.activity_date,
        changes.figure_value,
        changes.row_count * builds_between.direction as row_count
    from history.report_changes as changes
    inner join builds_between
        on changes.build_id = builds_between.build_id
),

between_rows as (
    select
        {%- for column in input_row_columns() %}
        changes.{{ column }},
        {%- endfor %}
        changes.row_count * builds_between.direction as row_count
    from history.input_row_changes as changes
    inner join builds_between
        on changes.build_id = builds_between.build_id
),

{{ restatement_steps() }}

select * from restated
{%- endmacro %}
