{#- The most pairs of a group that `int_reconciliation__grouped` compares. -#}
{%- set most_pairs = 6 %}
with

ledger as (
    select * from {{ ref('fct_reconciliation') }}
),

grouped as (
    select * from {{ ref('int_reconciliation__grouped') }}
),

group_pairs as (
    select *
    from grouped
    where is_compared
),

group_purchases as (
    select distinct
        group_id,
        purchase_id,
        is_compared
    from grouped
),

-- Times lie on a line, so an optimum exists in which no two pairs cross. The shortest choice of so
-- many pairs that ends with a given one follows from the choices of one pair fewer.
choices_of_1 as (
    select
        group_id,
        purchase_position,
        confirmation_position,
        1 as pair_count,
        cast(distance_seconds as decimal(24, 6)) as total_seconds,
        concat(',', purchase_id, ':', confirmation_id, ',') as pairs
    from group_pairs
),

{%- for number in range(2, most_pairs + 1) %}

    choices_of_{{ number }} as (
        select
            group_pairs.group_id,
            group_pairs.purchase_position,
            group_pairs.confirmation_position,
            {{ number }} as pair_count,
            cast(shorter.total_seconds + group_pairs.distance_seconds as decimal(24, 6))
                as total_seconds,
            concat(shorter.pairs, group_pairs.purchase_id, ':', group_pairs.confirmation_id, ',')
                as pairs
        from group_pairs
        inner join choices_of_{{ number - 1 }} as shorter
            on
                group_pairs.group_id = shorter.group_id
                and group_pairs.purchase_position > shorter.purchase_position
                and group_pairs.confirmation_position > shorter.confirmation_position
        qualify
            row_number() over (
                partition by
                    group_pairs.group_id,
                    group_pairs.purchase_position,
                    group_pairs.confirmation_position
                order by
                    shorter.total_seconds + group_pairs.distance_seconds,
                    shorter.purchase_position,
                    shorter.confirmation_position
            ) = 1
    ),

{%- endfor %}

choices as (
    {%- for number in range(1, most_pairs + 1) %}
        select * from choices_of_{{ number }}
        {{ 'union all' if not loop.last }}
    {%- endfor %}
),

optima as (
    select *
    from choices
    qualify
        row_number() over (
            partition by group_id
            order by
                pair_count desc,
                total_seconds asc,
                purchase_position asc,
                confirmation_position asc
        ) = 1
),

assigned as (
    select
        group_purchases.group_id,
        group_purchases.is_compared,
        group_purchases.purchase_id,
        ledger.appsflyer_id,
        ledger.purchased_at,
        ledger.revenue_usd,
        ledger.confirmation_id,
        abs(ledger.seconds_apart) as distance_seconds
    from ledger
    inner join group_purchases
        on ledger.purchase_id = group_purchases.purchase_id
),

ours as (
    select
        group_id,
        count(confirmation_id) as pair_count,
        coalesce(sum(distance_seconds), 0) as total_seconds
    from assigned
    group by group_id
),

-- An optimum that is no better is no alternative.
better as (
    select
        optima.group_id,
        optima.pairs
    from optima
    inner join ours
        on optima.group_id = ours.group_id
    where
        optima.pair_count > ours.pair_count
        or (optima.pair_count = ours.pair_count and optima.total_seconds < ours.total_seconds)
),

better_pairs as (
    select
        group_pairs.purchase_id,
        group_pairs.confirmation_id,
        group_pairs.distance_seconds
    from group_pairs
    inner join better
        on
            group_pairs.group_id = better.group_id
            and better.pairs like concat(
                '%,', group_pairs.purchase_id, ':', group_pairs.confirmation_id, ',%'
            )
),

alternatives as (
    select
        assigned.*,
        case
            when better.group_id is not null then better_pairs.confirmation_id
            when assigned.is_compared then assigned.confirmation_id
        end as optimal_confirmation_id,
        case
            when better.group_id is not null then better_pairs.distance_seconds
            when assigned.is_compared then assigned.distance_seconds
        end as optimal_distance_seconds
    from assigned
    left join better
        on assigned.group_id = better.group_id
    left join better_pairs
        on assigned.purchase_id = better_pairs.purchase_id
),

final as (
    select
        group_id,
        purchase_id,
        appsflyer_id,
        purchased_at,
        revenue_usd,
        confirmation_id,
        optimal_confirmation_id,
        cast(distance_seconds as decimal(18, 6)) as distance_seconds,
        cast(optimal_distance_seconds as decimal(18, 6)) as optimal_distance_seconds,
        is_compared,
        is_compared
        and coalesce(confirmation_id, 0) != coalesce(optimal_confirmation_id, 0) as is_different
    from alternatives
)

select * from final
