{# A query for the total of a mart per day, and the same total computed again from the rows from
   which the mart is made. `mart` and `rows` are lists: a relation, an expression for the value and
   one for the day, which may be null; a null value counts as 0. #}
{% macro mart_totals(total_name, mart, rows) -%}
    select
        {{ sql_string(total_name) }} as total_name,
        activity_date,
        coalesce(sum(mart_value), 0) as mart_total,
        coalesce(sum(row_value), 0) as recounted_total,
        coalesce(sum(mart_value), 0) - coalesce(sum(row_value), 0) as difference
    from (
        select
            {{ mart[2] }} as activity_date,
            try_cast({{ mart[1] }} as decimal(38, 8)) as mart_value,
            cast(null as decimal(38, 8)) as row_value
        from {{ mart[0] }}
        union all
        select
            {{ rows[2] }} as activity_date,
            cast(null as decimal(38, 8)) as mart_value,
            try_cast({{ rows[1] }} as decimal(38, 8)) as row_value
        from {{ rows[0] }}
    ) as both_sides
    group by activity_date
{%- endmacro %}
