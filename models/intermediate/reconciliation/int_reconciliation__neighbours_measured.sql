with

purchases as (
    select * from {{ ref('int_purchases__curated') }}
),

confirmations as (
    select * from {{ ref('int_confirmations__accepted') }}
),

matches as (
    select * from {{ ref('int_reconciliation__matched') }}
),

unmatched_purchases as (
    select
        purchases.purchase_id,
        purchases.appsflyer_id
    from purchases
    anti join matches
        on purchases.purchase_id = matches.purchase_id
),

unmatched_confirmations as (
    select
        confirmations.confirmation_id,
        confirmations.appsflyer_id
    from confirmations
    anti join matches
        on confirmations.confirmation_id = matches.confirmation_id
),

unmatched_rows as (
    select
        'purchase' as side,
        purchase_id as row_id,
        appsflyer_id
    from unmatched_purchases
    union all
    select
        'confirmation' as side,
        confirmation_id as row_id,
        appsflyer_id
    from unmatched_confirmations
),

both_sides as (
    select
        'purchase' as side,
        purchase_id as row_id,
        appsflyer_id,
        purchased_at as happened_at,
        purchased_at,
        cast(null as timestamp) as confirmed_at
    from purchases
    where appsflyer_id in (select unmatched_rows.appsflyer_id from unmatched_rows)
    union all
    select
        'confirmation' as side,
        confirmation_id as row_id,
        appsflyer_id,
        confirmed_at as happened_at,
        cast(null as timestamp) as purchased_at,
        confirmed_at
    from confirmations
    where appsflyer_id in (select unmatched_rows.appsflyer_id from unmatched_rows)
),

-- Rows with equal times may sort in any order: each is in one of the two windows.
neighboured as (
    select
        side,
        row_id,
        appsflyer_id,
        happened_at,
        case
            when side = 'purchase' then {{ known_value('last', 'confirmed_at', 'earlier') }}
            else {{ known_value('last', 'purchased_at', 'earlier') }}
        end as other_before_at,
        case
            when side = 'purchase' then {{ known_value('first', 'confirmed_at', 'later') }}
            else {{ known_value('first', 'purchased_at', 'later') }}
        end as other_after_at
    from both_sides
    window
        earlier as (
            partition by appsflyer_id order by happened_at, side, row_id
            rows between unbounded preceding and current row
        ),
        later as (
            partition by appsflyer_id order by happened_at, side, row_id
            rows between current row and unbounded following
        )
),

-- A confirmation without a player has no neighbours.
final as (
    select
        unmatched_rows.side,
        unmatched_rows.row_id,
        unmatched_rows.appsflyer_id,
        least(
            {{ seconds_between('other_before_at', 'happened_at') }},
            {{ seconds_between('happened_at', 'other_after_at') }}
        ) as nearest_seconds_apart
    from unmatched_rows
    left join neighboured
        on unmatched_rows.side = neighboured.side and unmatched_rows.row_id = neighboured.row_id
)

select * from final
