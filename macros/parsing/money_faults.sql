{# The faults of the money of a purchase or a confirmation, by their names, for `rejection_reason`.
   `revenue` is its amount in US dollars. A refund of a receipt (`is_refund_of_receipt`) needs no
   amount, but a part that it takes back (`is_refund`) must be known. #}
{% macro money_faults(revenue) -%}
    {%- set faults = {
        'unparsable_revenue': revenue ~ ' is null and revenue_fault is null and ('
            ~ 'coalesce(revenue_text, original_revenue_text) is not null'
            ~ ' or not is_refund_of_receipt)',
    } -%}
    {%- for fault in ['unknown_currency', 'missing_exchange_rate'] -%}
        {%- do faults.update({fault:
            "revenue_fault = '" ~ fault ~ "' and not is_refund_of_receipt"
            ~ " or is_refund and refund_fault = '" ~ fault ~ "'"
        }) -%}
    {%- endfor -%}
    {%- do faults.update({
        'unparsable_refund': "is_refund and refund_fault = 'unparsable_refund'"
    }) -%}
    {{ return(faults) }}
{%- endmacro %}
