{# True for a canonical column that holds a number. #}
{% macro is_amount(column) -%}
    {{ return(
        column.endswith('_usd')
        or column in ['revenue', 'cost', 'refund_amount', 'refund_percentage', 'usd_per_unit']
    ) }}
{%- endmacro %}
