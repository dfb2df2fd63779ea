{# An amount in US dollars: the amount given in dollars, or, where that is blank, the original
   amount times the rate; dollars need no rate. The casts leave a product of 37 digits, which both
   engines compute exactly. `usd_text` is the cleaned text of `usd`. #}
{% macro usd_amount(usd, usd_text, original, currency='currency', rate='usd_per_unit') -%}
    case
        when {{ usd_text }} is not null then {{ usd }}
        when {{ currency }} = 'USD' then {{ original }}
        when {{ original }} is not null
            then try_cast(try_cast({{ original }} as decimal(20, 6)) * {{ rate }} as decimal(24, 8))
    end
{%- endmacro %}
