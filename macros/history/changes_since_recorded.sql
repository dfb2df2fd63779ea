{# A query for what this build adds to a table of history. Each row of the relation `now` that the
   recorded builds lack is a row with `row_count` 1, and each that they have too many one with -1.
   So the rows of all recorded builds add up to the last state. #}
{% macro changes_since_recorded(now, recorded, columns) -%}
    select
        '{{ invocation_id }}' as build_id,
        {{ columns | join(', ') }},
        cast(sum(row_count) as bigint) as row_count
    from (
        select
            {{ columns | join(', ') }},
            row_count
        from {{ now }}
        union all
        select
            {{ columns | join(', ') }},
            -row_count as row_count
        from {{ recorded }}
        where build_id in (select builds.build_id from builds)
    ) as both_states
    group by {{ columns | join(', ') }}
    having sum(row_count) != 0
{%- endmacro %}
