{# A query for a one-to-one matching: the pairs `purchase_id, confirmation_id` that a greedy walk
   down `pair_rank` takes. `candidates` names a relation with those two columns, `player_column`,
   whose players share no row, and `pair_rank`, a total order over the pairs of a player, best
   first.

   Each round takes every pair that is the best one of both its sides among the free rows. The
   greedy walk takes such a pair too, because no better pair competes for either side, so a few
   set-based rounds equal the walk. Taking each row's nearest neighbour in one pass would use one
   confirmation twice or leave matchable rows unmatched. #}
{% macro mutually_best_pairs(candidates, player_column) -%}
    {{ adapter.dispatch('mutually_best_pairs')(candidates, player_column) }}
{%- endmacro %}

{# The first round, which leaves few pairs, is a plain step: the time of DuckDB's keyed recursion
   grows with the square of its result, two minutes for a million pairs. #}
{% macro duckdb__mutually_best_pairs(candidates, player_column) -%}
with recursive

first_round as (
    {{ best_of_both_sides(candidates) }}
),

still_free as (
    {{ pairs_still_free(candidates, 'first_round') }}
),

later_rounds(purchase_id, confirmation_id) using key (purchase_id) as ( -- noqa: PRS
    {{ best_of_both_sides('still_free') }}
    union
    {{ best_of_both_sides(
        '(' ~ pairs_still_free('still_free', 'recurring.later_rounds') ~ ') as free_pairs'
    ) }}
)

select * from first_round
union all
select * from later_rounds
{%- endmacro %}

{# Spark has no recursion that sees all earlier rounds, and a fixed number of rounds may be too
   small. So the first round uses windows, and the few pairs that it leaves take the greedy walk
   itself, player by player. #}
{% macro spark__mutually_best_pairs(candidates, player_column) -%}
with

first_round as (
    select
        {{ player_column }} as player_id,
        purchase_id,
        confirmation_id,
        pair_rank,
        pair_rank = min(pair_rank) over (partition by {{ player_column }}, purchase_id)
        and pair_rank = min(pair_rank) over (partition by {{ player_column }}, confirmation_id)
            as is_best
    from {{ candidates }}
),

marked as (
    select
        *,
        max(is_best) over (partition by player_id, purchase_id)
        or max(is_best) over (partition by player_id, confirmation_id) as is_taken
    from first_round
),

walked as (
    select
        inline(aggregate(
            sort_array(collect_list(struct(pair_rank, purchase_id, confirmation_id))),
            cast(array() as array<struct<purchase_id: bigint, confirmation_id: bigint>>),
            (taken, pair) -> if(
                exists(
                    taken,
                    other -> other.purchase_id = pair.purchase_id
                    or other.confirmation_id = pair.confirmation_id
                ),
                taken,
                array_append(taken, struct(pair.purchase_id, pair.confirmation_id))
            )
        ))
    from marked
    where not is_taken
    group by player_id
)

select purchase_id, confirmation_id from marked where is_best
union all
select purchase_id, confirmation_id from walked
{%- endmacro %}
