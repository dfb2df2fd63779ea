{# A query for whether this build differs from the last recorded one, and whether its `as_of_date`
   is before that. Without the var, the day is that of the data. #}
{% macro recording_query() -%}
    select
        last_builds.as_of_date as last_as_of_date,
        coalesce(
            {{ (var('as_of_date') is not none) | lower }}
            and builds.as_of_date < last_builds.as_of_date,
            false
        ) as looks_back,
        last_builds.build_id is null
        or builds.as_of_date is distinct from last_builds.as_of_date
        or builds.settings != last_builds.settings
        or builds.code_version != last_builds.code_version
        or exists (select 1 from marts.fct_report_changes)
        or exists (select 1 from marts.fct_input_row_changes) as is_new
    from ({{ build_row() }}) as builds
    left join (
        select * from history.builds order by built_at desc, build_id desc limit 1
    ) as last_builds
        on true
{%- endmacro %}
