{# What identifies a purchase row in another export, in whatever order: its receipt or, without one,
   what finds duplicates. #}
{% macro purchase_key() -%}
    coalesce(
        receipt_id,
        concat(
            coalesce(appsflyer_id, ''), ' ', coalesce(event_name, ''), ' ',
            coalesce(cast(purchased_at as {{ type_string() }}), ''), ' ',
            coalesce(cast(revenue_usd as {{ type_string() }}), '')
        )
    )
{%- endmacro %}
