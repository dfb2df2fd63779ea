{# Overrides dbt's macro: replaces a view in one statement. #}
{% macro duckdb__create_view_as(relation, sql) -%}
    {{ config.get('sql_header', '') }}
    create or replace view {{ relation }}
    {%- if config.get('contract').enforced %}
    {{ get_assert_columns_equivalent(sql) }}
    {%- endif %}
    as (
    {{ sql }}
    )
{%- endmacro %}
