{# One row for each day from the first to the last, inclusive; no row if either is null. Use it as a
   column in a query on the relation with the two dates. #}
{% macro explode_days(first_date, last_date) -%}
    {{ adapter.dispatch('explode_days')(first_date, last_date) }}
{%- endmacro %}

{% macro duckdb__explode_days(first_date, last_date) -%}
    cast(unnest(generate_series({{ first_date }}, {{ last_date }}, interval '1' day)) as date)
{%- endmacro %}

{# A backward sequence is an error on Spark. #}
{% macro spark__explode_days(first_date, last_date) -%}
    explode(
        case
            when {{ first_date }} <= {{ last_date }}
                then sequence({{ first_date }}, {{ last_date }}, interval '1' day)
        end
    )
{%- endmacro %}
