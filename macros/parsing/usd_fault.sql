{# Why an original amount cannot become US dollars; null if it can, or need not (see `usd_amount`).
   #}
{% macro usd_fault(usd_text, original, currency='currency', rate='usd_per_unit') -%}
    case
        when {{ usd_text }} is not null or {{ original }} is null then null
        when {{ currency }} = 'USD' then null
        when not coalesce({{ is_currency(currency) }}, false) then 'unknown_currency'
        when {{ rate }} is null then 'missing_exchange_rate'
    end
{%- endmacro %}
