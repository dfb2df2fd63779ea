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

-- Times lie on a line, so an optimum exists in which no two pairs cross. The best choice of at most
-- so many pairs that ends with a given one adds it to the best choice of one pair fewer. Each step
-- has one reader, because Spark repeats a step for each of its readers.
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
            cast(
                group_pairs.distance_seconds + coalesce(shorter.total_seconds, 0) as decimal(24, 6)
            ) as total_seconds,
            1 + coalesce(shorter.pair_count, 0) as pair_count,
            concat(
                coalesce(shorter.pairs, ','),
                group_pairs.purchase_id,
                ':',
                group_pairs.confirmation_id,
                ','
            ) as pairs
        from group_pairs
        left join choices_of_{{ number - 1 }} as shorter
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
                    shorter.pair_count desc,
                    shorter.total_seconds asc,
                    shorter.purchase_position asc,
                    shorter.confirmation_position asc
            ) = 1
    ),

{%- endfor %}

optima as (
    select *
    from choices_of_{{ most_pairs }}
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
        abs(ledger.seconds_apart) as distance_seconds,
        count(ledger.confirmation_id) over (partition by group_purchases.group_id) as pair_count,
        coalesce(sum(abs(ledger.seconds_apart)) over (partition by group_purchases.group_id), 0)
            as total_seconds
    from ledger
    inner join group_purchases
        on ledger.purchase_id = group_purchases.purchase_id
),

-- An optimum that is no better is no alternative.
alternatives as (
    select
        assigned.*,
        case
            when optima.group_id is not null then group_pairs.confirmation_id
            when assigned.is_compared then assigned.confirmation_id
        end as optimal_confirmation_id,
        case
            when optima.group_id is not null then group_pairs.distance_seconds
            when assigned.is_compared then assigned.distance_seconds
        end as optimal_distance_seconds
    from assigned
    left join optima
        on
            assigned.group_id = optima.group_id
            and (
                assigned.pair_count < optima.pair_count
                or (
                    assigned.pair_count = optima.pair_count
                    and assigned.total_seconds > optima.total_seconds
                )
            )
    left join group_pairs
        on
            assigned.purchase_id = group_pairs.purchase_id
            and optima.pairs like concat(
                '%,', group_pairs.purchase_id, ':', group_pairs.confirmation_id, ',%'
            )
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
