{# The key of the model is unique and never null; every row is in exactly one of the parts, and the
   parts have no other rows. #}
{% test splits_into(model, key, parts) %}
    

with

whole as (
    select {{ key }} from {{ model }}
),

pieces as (
{%- for part in parts %}
    select {{ key }} from {{ part }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

counted as (
    select
        {{ key }},
        sum(in_whole) as times_in_whole,
        sum(in_pieces) as times_in_pieces
    from (
        select {{ key }}, 1 as in_whole, 0 as in_pieces from whole
        union all
        select {{ key }}, 0 as in_whole, 1 as in_pieces from pieces
    ) as tagged
    group by {{ key }}
)

select *
from counted
where times_in_whole != 1 or times_in_pieces != 1 or {{ key }} is null

{% endtest %}
