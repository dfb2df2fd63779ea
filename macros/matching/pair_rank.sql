{# The rank of a pair among those of a group, best first. The ids break ties, so no two pairs of a
   group share a rank. #}
{% macro pair_rank(group, seconds_apart) -%}
    row_number() over (
        partition by {{ group }}
        order by
            is_same_receipt desc,
            abs({{ seconds_apart }}),
            abs(amount_difference_usd),
            purchased_at asc,
            confirmed_at asc,
            purchase_id asc,
            confirmation_id asc
    )
{%- endmacro %}
