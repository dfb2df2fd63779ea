{# A query for the pairs that rank first for both of their rows. #}
{% macro best_of_both_sides(candidates) -%}
    select
        purchase_id,
        confirmation_id
    from {{ candidates }}
    qualify
        row_number() over (partition by purchase_id order by pair_rank) = 1
        and row_number() over (partition by confirmation_id order by pair_rank) = 1
{%- endmacro %}
