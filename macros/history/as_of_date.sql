{# The date that var `as_of_date` sets as a SQL literal, null where it is not set. `assert_settings`
   has already refused anything that is no date. #}
{% macro as_of_date() -%}
    {%- if var('as_of_date') is none -%}
        cast(null as date)
    {%- else -%}
        cast({{ sql_string(var('as_of_date')) }} as date)
    {%- endif -%}
{%- endmacro %}
