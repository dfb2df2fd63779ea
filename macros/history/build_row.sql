{# A query for the row of this build in `history.builds`. #}
{% macro build_row() -%}
    select
        '{{ invocation_id }}' as build_id,
        cast('{{ run_started_at.strftime('%Y-%m-%d %H:%M:%S.%f') }}' as timestamp) as built_at,
        as_of_date,
        d1_date,
        {{ sql_string(rule_settings()) }} as settings,
        {{ sql_string(code_version()) }} as code_version
    from intermediate.int_as_of__resolved
{%- endmacro %}
