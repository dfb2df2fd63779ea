{# Why a part of a purchase that a refund takes back is not known; null if it is, or if the row
   names none. The columns are those of the staged purchases and confirmations. #}
{% macro refund_fault() -%}
    case
        when refund_amount_usd is not null then null
        when coalesce(refund_amount_usd_text, original_refund_amount_text) is not null
            then coalesce(
                {{ usd_fault('refund_amount_usd_text', 'original_refund_amount') }},
                'unparsable_refund'
            )
        when refund_percentage_text is not null and refund_percentage is null
            then 'unparsable_refund'
    end
{%- endmacro %}
