{# The UTC timestamp of a number since 1970, as text, in units of so many milliseconds. #}
{% macro epoch_time(text, milliseconds) -%}
    {%- set number -%}
        cast(try_cast({{ text }} as decimal(30, 10)) * {{ milliseconds }} as bigint)
    {%- endset -%}
    {{ adapter.dispatch('epoch_time')(number, milliseconds) }}
{%- endmacro %}

{% macro duckdb__epoch_time(number, milliseconds) -%}
    make_timestamp_ms({{ number }})
{%- endmacro %}

{% macro spark__epoch_time(number, milliseconds) -%}
    timestamp_millis({{ number }})
{%- endmacro %}
