{# A query for the figures that differ between two recorded builds, and because of which input rows.
   Each build is a SQL expression for its id; the first must be the earlier one. #}
{% macro changes_between(from_build, to_build) -%}
with

pair as (
    select
        least(before.d1_date, after.d1_date) as through_date,
        before.built_at as first_built_at,
        after.built_at as last_built_at,
        {{ rules_cause(
            'before.settings', 'after.settings', 'before.code_version', 'after.code_version'
        ) }} as rules_cause
    from history.builds as before
    cross join history.builds as after
    where before.build_id = {{ from_build }} and after.build_id = {{ to_build }}
),

builds_between as (
    select builds.build_id
    from history.builds as builds
    inner join pair
        on builds.built_at > pair.first_built_at and builds.built_at <= pair.last_built_at
),

between_reports as (
    select * from history.report_changes
    where build_id in (select builds_between.build_id from builds_between)
),

between_rows as (
    select * from history.input_row_changes
    where build_id in (select builds_between.build_id from builds_between)
),

{{ restatement_steps() }}

select * from restated
{%- endmacro %}
