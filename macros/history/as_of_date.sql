{# Var `as_of_date` as a SQL date; null if it is not set. `assert_settings` has already rejected any
   other value. #}
{% macro as_of_date() -%}
    {%- if var('as_of_date') is none -%}
        cast(null as date)
    {%- else -%}
        cast({{ sql_string(var('as_of_date')) }} as date)
    {%- endif -%}
{%- endmacro %}
