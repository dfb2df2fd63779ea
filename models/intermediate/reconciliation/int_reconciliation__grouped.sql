{#- A group with more rows on both sides, or with more on one side, is not compared. -#}
{%- set most_pairs, most_rows = 6, 12 %}
with

candidates as (
    select * from {{ ref('int_reconciliation__paired') }}
),

open_rows as (
    select * from {{ ref('int_reconciliation__reopened') }}
),

-- What receipts have matched is not open.
free_pairs as (
    select
        candidates.appsflyer_id,
        candidates.purchase_id,
        candidates.confirmation_id,
        purchases.happened_at as purchased_at,
        confirmations.happened_at as confirmed_at,
        abs(candidates.seconds_apart) as distance_seconds
    from candidates
    inner join open_rows as purchases
        on candidates.purchase_id = purchases.row_id and purchases.side = 'purchase'
    inner join open_rows as confirmations
        on candidates.confirmation_id = confirmations.row_id and confirmations.side = 'confirmation'
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
        ) as row_position
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

final as (
    select
        purchases.group_id,
        purchases.is_compared,
        purchases.row_position as purchase_position,
        confirmations.row_position as confirmation_position,
        free_pairs.appsflyer_id,
        free_pairs.purchase_id,
        free_pairs.confirmation_id,
        free_pairs.distance_seconds
    from free_pairs
    inner join sized as purchases
        on free_pairs.purchase_id = purchases.row_id and purchases.side = 'purchase'
    inner join sized as confirmations
        on free_pairs.confirmation_id = confirmations.row_id and confirmations.side = 'confirmation'
)

select * from final
