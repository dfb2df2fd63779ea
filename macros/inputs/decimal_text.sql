{# A decimal with so many digits behind the point as text, which has them all. #}
{% macro decimal_text(value, scale) -%}
    {{ adapter.dispatch('decimal_text')(value, scale) }}
{%- endmacro %}

{% macro duckdb__decimal_text(value, scale) -%}
    cast({{ value }} as string)
{%- endmacro %}

{# Spark gives what is less than a millionth an exponent, unless it stands behind a 1. #}
{% macro spark__decimal_text(value, scale) -%}
    case
        when abs({{ value }}) < 0.000001
            then concat(
                if({{ value }} < 0, '-0', '0'),
                substr(
                    cast(1 + cast(abs({{ value }}) as decimal({{ scale + 1 }}, {{ scale }}))
                    as string), 2
                )
            )
        else cast({{ value }} as string)
    end
{%- endmacro %}
