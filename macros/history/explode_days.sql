{# One row for each day from the first to the last, both included; no row where either is null.
   Stands alone in the select list of a query on the relation that holds the two columns. #}
{% macro explode_days(first_date, last_date) -%}
    {{ adapter.dispatch('explode_days')(first_date, last_date) }}
{%- endmacro %}

{% macro duckdb__explode_days(first_date, last_date) -%}
    cast(unnest(generate_series({{ first_date }}, {{ last_date }}, interval '1' day)) as date)
{%- endmacro %}

{# A sequence that would run backwards is an error on Spark. #}
{% macro spark__explode_days(first_date, last_date) -%}
    explode(
        case
            when {{ first_date }} <= {{ last_date }}
                then sequence({{ first_date }}, {{ last_date }}, interval '1' day)
        end
    )
{%- endmacro %}
