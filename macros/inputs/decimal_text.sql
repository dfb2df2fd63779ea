{# A decimal with `scale` decimal places as text, with all its digits. #}
{% macro decimal_text(value, scale) -%}
    {{ adapter.dispatch('decimal_text')(value, scale) }}
{%- endmacro %}

{% macro duckdb__decimal_text(value, scale) -%}
    cast({{ value }} as string)
{%- endmacro %}

{# Spark writes a decimal below a millionth with an exponent, unless 1 is added to it. #}
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
