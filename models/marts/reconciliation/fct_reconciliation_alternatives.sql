{#- A group with more rows on both sides, or with more on one side, is not compared. -#}
{%- set most_pairs, most_rows = 6, 12 %}
with

ambiguous as (
    select *
    from {{ ref('fct_reconciliation') }}
    where is_ambiguous
),

candidates as (
    select * from {{ ref('int_reconciliation__paired') }}
),

ambiguous_purchases as (
    select *
    from ambiguous
    where purchase_id is not null
),

ambiguous_confirmations as (
    select *
    from ambiguous
    where confirmation_id is not null
),

-- What receipts have matched is not ambiguous and takes part in no pair here.
free_pairs as (
    select
        candidates.appsflyer_id,
        candidates.purchase_id,
        candidates.confirmation_id,
        purchases.purchased_at,
        confirmations.confirmed_at,
        abs(candidates.seconds_apart) as distance_seconds
    from candidates
    inner join ambiguous_purchases as purchases
        on candidates.purchase_id = purchases.purchase_id
    inner join ambiguous_confirmations as confirmations
        on candidates.confirmation_id = confirmations.confirmation_id
    where candidates.pair_rank is not null
),

both_sides as (
    select distinct
        appsflyer_id,
        'purchase' as side,
        purchase_id as row_id,
        purchased_at as happened_at,
        purchased_at,
        cast(null as timestamp) as confirmed_at
    from free_pairs
    union all
    select distinct
        appsflyer_id,
        'confirmation' as side,
        confirmation_id as row_id,
        confirmed_at as happened_at,
        cast(null as timestamp) as purchased_at,
        confirmed_at
    from free_pairs
),

neighboured as (
    select
        *,
        max(purchased_at) over earlier as purchased_before_at,
        max(confirmed_at) over earlier as confirmed_before_at,
        min(purchased_at) over later as purchased_after_at,
        min(confirmed_at) over later as confirmed_after_at
    from both_sides
    window
        earlier as (
            partition by appsflyer_id order by happened_at, side, row_id
            rows between unbounded preceding and 1 preceding
        ),
        later as (
            partition by appsflyer_id order by happened_at, side, row_id
            rows between current row and unbounded following
        )
),

-- A group ends where no candidate spans the gap to the next row.
numbered as (
    select
        appsflyer_id,
        side,
        row_id,
        happened_at,
        sum(
            case
                when
                    confirmed_after_at <= purchased_before_at + {{ reconciliation_window() }}
                    or purchased_after_at <= confirmed_before_at + {{ reconciliation_window() }}
                    then 0
                else 1
            end
        ) over (
            partition by appsflyer_id order by happened_at, side, row_id
            rows between unbounded preceding and current row
        ) as group_number
    from neighboured
),

grouped as (
    select
        side,
        row_id,
        min(case when side = 'purchase' then row_id end) over one_group as group_id,
        count(case when side = 'purchase' then 1 end) over one_group as purchase_count,
        count(case when side = 'confirmation' then 1 end) over one_group as confirmation_count,
        row_number() over (
            partition by appsflyer_id, group_number, side order by happened_at, row_id
        ) as position
    from numbered
    window one_group as (partition by appsflyer_id, group_number)
),

-- Between one purchase and one confirmation there is nothing to choose.
sized as (
    select
        *,
        least(purchase_count, confirmation_count) <= {{ most_pairs }}
        and greatest(purchase_count, confirmation_count) <= {{ most_rows }} as is_compared
    from grouped
    where purchase_count + confirmation_count > 2
),

group_pairs as (
    select
        purchases.group_id,
        purchases.position as purchase_position,
        confirmations.position as confirmation_position,
        free_pairs.purchase_id,
        free_pairs.confirmation_id,
        free_pairs.distance_seconds
    from free_pairs
    inner join sized as purchases
        on free_pairs.purchase_id = purchases.row_id and purchases.side = 'purchase'
    inner join sized as confirmations
        on free_pairs.confirmation_id = confirmations.row_id and confirmations.side = 'confirmation'
    where purchases.is_compared
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
{% for number in range(2, most_pairs + 1) %}
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
{% endfor %}
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
            order by pair_count desc, total_seconds, purchase_position, confirmation_position
        ) = 1
),

assigned as (
    select
        sized.group_id,
        sized.is_compared,
        sized.row_id as purchase_id,
        purchases.appsflyer_id,
        purchases.purchased_at,
        purchases.revenue_usd,
        purchases.confirmation_id,
        abs(purchases.seconds_apart) as distance_seconds
    from sized
    inner join ambiguous_purchases as purchases
        on sized.row_id = purchases.purchase_id
    where sized.side = 'purchase'
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
