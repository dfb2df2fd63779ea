{# A query for the pairs of which neither row is in the relation `taken`. #}
{% macro pairs_still_free(candidates, taken) -%}
    select *
    from {{ candidates }}
    where
        purchase_id not in (select purchase_id from {{ taken }})
        and confirmation_id not in (select confirmation_id from {{ taken }})
{%- endmacro %}
