{#- Row numbers are below 2^50, so an id with the number of a variation is a bigint. -#}
{%- set windows = sweep_windows() %}
{%- set configured_minutes = var('reconciliation_window_minutes') | int %}
{%- set configured_number = windows.index(configured_minutes) %}
{%- set steps = range(-28, 29) | reject('equalto', 0) | list %}
{%- set near_steps = configured_minutes // 30 %}
{%- set reach_minutes = [windows | last, 14 * 60 + configured_minutes] | max %}
{#- A player with more pairs in a slot of time (a bot) is not matched again. -#}
{%- set most_pairs = 2500 %}
with

matches as (
    select *
    from {{ ref('fct_reconciliation') }}
    where outcome = 'matched'
),

-- No window frees a row from its own receipt within the configured one.
open_rows as (
    select
        *,
        outcome = 'matched' as is_matched
    from {{ ref('fct_reconciliation') }}
    where coalesce(match_rule, 'none') != 'receipt'
),

purchases as (
    select * from {{ ref('int_purchases__classified') }}
),

confirmations as (
    select * from {{ ref('int_confirmations__accepted') }}
),

candidates as (
    select * from {{ ref('int_reconciliation__paired') }}
),

windows as (
    select *
    from (
        values
        {%- for minutes in windows %}
        ({{ loop.index0 }}, {{ minutes }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as numbered (window_number, window_minutes)
),

-- A step is half an hour.
shifts as (
    select *
    from (
        values
        {%- for step in steps %}
        ({{ windows | length + loop.index0 }}, {{ step }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as numbered (variation, step)
),

open_purchases as (
    select *
    from open_rows
    where purchase_id is not null
),

open_confirmations as (
    select *
    from open_rows
    where confirmation_id is not null and appsflyer_id is not null
),

receipts_apart as (
    select
        purchases.appsflyer_id,
        purchases.purchase_id,
        confirmations.confirmation_id,
        purchases.is_matched or confirmations.is_matched as is_displacing
    from open_purchases as purchases
    inner join open_confirmations as confirmations
        on
            purchases.appsflyer_id = confirmations.appsflyer_id
            and purchases.receipt_id = confirmations.confirmation_receipt_id
            and confirmations.confirmed_at
            between purchases.purchased_at - {{ reconciliation_window(reach_minutes) }}
            and purchases.purchased_at + {{ reconciliation_window(reach_minutes) }}
),

-- A wider window gives a matched row of these players to its own receipt.
displaced_players as (
    select distinct appsflyer_id
    from receipts_apart
    where is_displacing
),

spare_purchases as (
    select
        appsflyer_id,
        purchase_id,
        purchased_at,
        {{ time_slot('purchased_at', reach_minutes) }} as time_slot
    from open_purchases
    where
        not is_matched
        or appsflyer_id in (select displaced_players.appsflyer_id from displaced_players)
),

spare_confirmations as (
    select
        appsflyer_id,
        confirmation_id,
        confirmed_at,
        {{ explode_time_slots('confirmed_at', reach_minutes) }} as time_slot
    from open_confirmations
    where
        not is_matched
        or appsflyer_id in (select displaced_players.appsflyer_id from displaced_players)
),

purchase_slots as (
    select
        appsflyer_id,
        time_slot,
        count(*) as row_count
    from spare_purchases
    group by appsflyer_id, time_slot
),

confirmation_slots as (
    select
        appsflyer_id,
        time_slot,
        count(*) as row_count
    from spare_confirmations
    group by appsflyer_id, time_slot
),

crowded_players as (
    select purchase_slots.appsflyer_id
    from purchase_slots
    inner join confirmation_slots
        on
            purchase_slots.appsflyer_id = confirmation_slots.appsflyer_id
            and purchase_slots.time_slot = confirmation_slots.time_slot
    where purchase_slots.row_count * confirmation_slots.row_count > {{ most_pairs }}
    union
    select appsflyer_id
    from candidates
    where pair_rank is not null
    group by appsflyer_id
    having count(*) > {{ most_pairs }}
),

-- Of a crowded player, only what a receipt proves.
far_pairs as (
    select
        purchases.appsflyer_id,
        purchases.purchase_id,
        confirmations.confirmation_id
    from spare_purchases as purchases
    inner join spare_confirmations as confirmations
        on
            purchases.appsflyer_id = confirmations.appsflyer_id
            and purchases.time_slot = confirmations.time_slot
            and confirmations.confirmed_at
            between purchases.purchased_at - {{ reconciliation_window(reach_minutes) }}
            and purchases.purchased_at + {{ reconciliation_window(reach_minutes) }}
    anti join crowded_players
        on purchases.appsflyer_id = crowded_players.appsflyer_id
    union all
    select
        appsflyer_id,
        purchase_id,
        confirmation_id
    from receipts_apart
    where
        not is_displacing
        and appsflyer_id in (select crowded_players.appsflyer_id from crowded_players)
),

measured as (
    select
        pairs.appsflyer_id,
        pairs.purchase_id,
        pairs.confirmation_id,
        purchases.purchased_at,
        confirmations.confirmed_at,
        purchases.revenue_usd,
        confirmations.confirmation_revenue_usd,
        not purchases.is_matched and not confirmations.is_matched as is_unmatched,
        coalesce(purchases.receipt_id = confirmations.confirmation_receipt_id, false)
            as is_same_receipt,
        {{ seconds_between('purchases.purchased_at', 'confirmations.confirmed_at') }}
            as seconds_apart,
        confirmations.confirmation_revenue_usd - purchases.revenue_usd as amount_difference_usd,
        count(*) over (partition by pairs.purchase_id) > 1
        or count(*) over (partition by pairs.confirmation_id) > 1 as is_contested
    from far_pairs as pairs
    inner join open_purchases as purchases
        on pairs.purchase_id = purchases.purchase_id
    inner join open_confirmations as confirmations
        on pairs.confirmation_id = confirmations.confirmation_id
),

-- One row for each shift that brings the pair into the window.
shifted as (
    select
        measured.*,
        shifts.variation,
        measured.seconds_apart - 1800 * shifts.step as shifted_seconds_apart
    from measured
    cross join (
        values
        {%- for number in range(-near_steps, near_steps + 2) %}
        ({{ number }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as near (number)
    inner join shifts
        on
            shifts.step
            = cast(floor(cast(measured.seconds_apart as double) / 1800) as int) + near.number
    where
        measured.is_unmatched
        and abs(measured.seconds_apart - 1800 * shifts.step) <= 60 * {{ configured_minutes }}
),

-- What a variation has to choose from, ranked as in `int_reconciliation__paired`.
contested as (
    select
        windows.window_number as variation,
        candidates.appsflyer_id,
        candidates.purchase_id,
        candidates.confirmation_id,
        candidates.pair_rank
    from candidates
    inner join windows
        on
            windows.window_number < {{ configured_number }}
            and abs(candidates.seconds_apart) <= 60 * windows.window_minutes
    anti join crowded_players
        on candidates.appsflyer_id = crowded_players.appsflyer_id
    where candidates.pair_rank is not null
    union all
    select
        windows.window_number as variation,
        ranked.appsflyer_id,
        ranked.purchase_id,
        ranked.confirmation_id,
        ranked.pair_rank
    from (
        select
            *,
            {{ pair_rank('appsflyer_id', 'seconds_apart') | indent(12) }} as pair_rank
        from measured
        where is_contested
    ) as ranked
    inner join windows
        on
            windows.window_number > {{ configured_number }}
            and abs(ranked.seconds_apart) <= 60 * windows.window_minutes
    union all
    select
        variation,
        appsflyer_id,
        purchase_id,
        confirmation_id,
        {{ pair_rank('appsflyer_id, variation', 'shifted_seconds_apart') | indent(8) }} as pair_rank
    from shifted
    where is_contested
),

numbered as (
    select
        appsflyer_id,
        purchase_id * 128 + variation as purchase_id,
        confirmation_id * 128 + variation as confirmation_id,
        pair_rank
    from contested
),

best_pairs as (
    {{ mutually_best_pairs('numbered', 'appsflyer_id') | indent(4) }}
),

won as (
    select
        contested.variation,
        contested.purchase_id,
        contested.confirmation_id
    from contested
    inner join best_pairs
        on
            contested.purchase_id * 128 + contested.variation = best_pairs.purchase_id
            and contested.confirmation_id * 128 + contested.variation = best_pairs.confirmation_id
),

bought as (
    select
        purchase_id,
        revenue_usd,
        receipt_id,
        media_source
    from purchases
    where
        purchase_id in (select won.purchase_id from won)
        or purchase_id in (select open_purchases.purchase_id from open_purchases)
),

confirmed as (
    select
        confirmation_id,
        confirmation_revenue_usd,
        confirmation_receipt_id
    from confirmations
    where confirmation_id in (select won.confirmation_id from won)
),

won_pairs as (
    select
        won.*,
        bought.revenue_usd,
        confirmed.confirmation_revenue_usd,
        coalesce(bought.receipt_id = confirmed.confirmation_receipt_id, false)
        or bought.revenue_usd = confirmed.confirmation_revenue_usd as is_agreeing
    from won
    inner join bought
        on won.purchase_id = bought.purchase_id
    inner join confirmed
        on won.confirmation_id = confirmed.confirmation_id
),

-- The first and the last window in which a pair matches, by their numbers.
placed as (
    select
        revenue_usd,
        confirmation_revenue_usd,
        match_rule = 'receipt' or amount_difference_usd = 0 as is_agreeing,
        case
            when
                purchase_id in (
                    select contested.purchase_id
                    from contested
                    where contested.variation < {{ configured_number }}
                )
                then {{ configured_number }}
            else {{ narrowest_window('seconds_apart') | indent(12) }}
        end as first_window,
        case
            when
                match_rule = 'nearest'
                and appsflyer_id in (select displaced_players.appsflyer_id from displaced_players)
                and appsflyer_id not in (select crowded_players.appsflyer_id from crowded_players)
                then {{ configured_number }}
            else {{ windows | length - 1 }}
        end as last_window
    from matches
    union all
    select
        revenue_usd,
        confirmation_revenue_usd,
        is_same_receipt or amount_difference_usd = 0 as is_agreeing,
        greatest(
            {{ narrowest_window('seconds_apart') | indent(12) }}, {{ configured_number + 1 }}
        ) as first_window,
        {{ windows | length - 1 }} as last_window
    from measured
    where not is_contested and abs(seconds_apart) <= 60 * {{ windows | last }}
    union all
    select
        revenue_usd,
        confirmation_revenue_usd,
        is_agreeing,
        variation as first_window,
        variation as last_window
    from won_pairs
    where variation < {{ windows | length }}
),

placed_together as (
    select
        first_window,
        last_window,
        count(*) as matched_count,
        count(*) filter (where is_agreeing) as agreeing_count,
        sum(revenue_usd) as revenue_usd,
        sum(confirmation_revenue_usd) as confirmation_revenue_usd
    from placed
    group by first_window, last_window
),

matched_by_window as (
    select
        windows.window_number,
        windows.window_minutes,
        coalesce(sum(placed_together.matched_count), 0) as matched_count,
        coalesce(sum(placed_together.agreeing_count), 0) as agreeing_count,
        coalesce(sum(placed_together.revenue_usd), 0) as revenue_usd,
        coalesce(sum(placed_together.confirmation_revenue_usd), 0) as confirmation_revenue_usd
    from windows
    left join placed_together
        on
            windows.window_number >= placed_together.first_window
            and windows.window_number <= placed_together.last_window
    group by windows.window_number, windows.window_minutes
),

windows_compared as (
    select
        by_window.*,
        configured.matched_count as configured_count,
        by_window.matched_count - configured.matched_count as gained_count,
        by_window.agreeing_count - configured.agreeing_count as gained_agreeing_count,
        by_window.revenue_usd - configured.revenue_usd as gained_revenue_usd,
        by_window.confirmation_revenue_usd - configured.confirmation_revenue_usd
            as gained_confirmation_revenue_usd,
        by_window.matched_count - coalesce(
            lag(by_window.matched_count) over (order by by_window.window_number), 0
        ) as added_count,
        by_window.agreeing_count - coalesce(
            lag(by_window.agreeing_count) over (order by by_window.window_number), 0
        ) as added_agreeing_count,
        greatest(
            {{ var('sweep_min_rows') }},
            {{ var('window_fit_min_share') }} * configured.matched_count
        ) as least_count
    from matched_by_window as by_window
    inner join matched_by_window as configured
        on configured.window_number = {{ configured_number }}
),

-- The widest window that adds enough pairs, most of which agree on the receipt or the amount.
windows_judged as (
    select
        *,
        max(
            case
                when added_agreeing_count >= least_count and 2 * added_agreeing_count >= added_count
                    then window_number
            end
        ) over () as best_number
    from windows_compared
),

shifted_together as (
    select
        shifted.variation,
        bought.media_source,
        count(*) as gained_count,
        sum(shifted.revenue_usd) as gained_revenue_usd,
        sum(shifted.confirmation_revenue_usd) as gained_confirmation_revenue_usd,
        sum(abs(shifted.shifted_seconds_apart)) as distance_seconds
    from shifted
    inner join bought
        on shifted.purchase_id = bought.purchase_id
    left join won
        on
            shifted.variation = won.variation
            and shifted.purchase_id = won.purchase_id
            and shifted.confirmation_id = won.confirmation_id
    where not shifted.is_contested or won.variation is not null
    group by shifted.variation, bought.media_source
),

unmatched_confirmations as (
    select count(*) as unmatched_count
    from open_confirmations
    where not is_matched
),

unmatched_purchases as (
    select
        bought.media_source,
        count(*) as unmatched_count
    from open_purchases
    inner join bought
        on open_purchases.purchase_id = bought.purchase_id
    where not open_purchases.is_matched
    group by bought.media_source
),

-- All purchases, and those of each known media source.
scopes as (
    select
        cast(null as {{ dbt.type_string() }}) as media_source,
        true as is_all,
        coalesce(sum(unmatched_count), 0) as unmatched_count
    from unmatched_purchases
    union all
    select
        media_source,
        false as is_all,
        unmatched_count
    from unmatched_purchases
    where media_source is not null
),

shifts_measured as (
    select
        scopes.media_source,
        scopes.is_all,
        least(scopes.unmatched_count, unmatched_confirmations.unmatched_count) as unmatched_count,
        shifts.step,
        coalesce(sum(together.gained_count), 0) as gained_count,
        coalesce(sum(together.gained_revenue_usd), 0) as gained_revenue_usd,
        coalesce(sum(together.gained_confirmation_revenue_usd), 0)
            as gained_confirmation_revenue_usd,
        coalesce(sum(together.distance_seconds), 0) as distance_seconds
    from scopes
    cross join shifts
    cross join unmatched_confirmations
    left join shifted_together as together
        on
            shifts.variation = together.variation
            and (scopes.is_all or scopes.media_source = together.media_source)
    group by
        scopes.media_source,
        scopes.is_all,
        scopes.unmatched_count,
        unmatched_confirmations.unmatched_count,
        shifts.step
),

usual_shifts as (
    select
        media_source,
        median(gained_count) as usual_count
    from shifts_measured
    group by media_source
),

-- Chance fits all shifts about equally well, so a zone bug stands out from the median.
outstanding as (
    select measured.*
    from shifts_measured as measured
    inner join usual_shifts
        on coalesce(measured.media_source, '') = coalesce(usual_shifts.media_source, '')
    where
        measured.gained_count >= {{ var('sweep_min_rows') }}
        and measured.gained_count
        >= {{ var('zone_shift_min_share') }} * measured.unmatched_count
        and measured.gained_count > 3 * usual_shifts.usual_count
),

-- Within a wide window, the shifts beside the true one fit the same rows, less closely.
surpassed as (
    select distinct
        shift.media_source,
        shift.step
    from outstanding as shift
    inner join outstanding as other
        on
            coalesce(shift.media_source, '') = coalesce(other.media_source, '')
            and shift.step != other.step
            and abs(shift.step - other.step) * 30 <= {{ 2 * configured_minutes }}
    where
        other.gained_count > shift.gained_count
        or (
            other.gained_count = shift.gained_count
            and (other.distance_seconds, abs(other.step), other.step)
            < (shift.distance_seconds, abs(shift.step), shift.step)
        )
),

named as (
    select
        outstanding.media_source,
        outstanding.step
    from outstanding
    left join surpassed
        on
            outstanding.step = surpassed.step
            and coalesce(outstanding.media_source, '') = coalesce(surpassed.media_source, '')
    where surpassed.step is null
),

unsearched as (
    select count(distinct purchase_id) as unsearched_count
    from (
        select
            purchase_id,
            appsflyer_id
        from open_purchases
        where not is_matched
        union all
        select
            purchase_id,
            appsflyer_id
        from candidates
        where pair_rank is not null
    ) as searched
    where appsflyer_id in (select crowded_players.appsflyer_id from crowded_players)
),

variations as (
    select
        'window' as kind,
        window_minutes,
        cast(0 as decimal(3, 1)) as shift_hours,
        cast(null as {{ dbt.type_string() }}) as media_source,
        matched_count,
        agreeing_count,
        revenue_usd,
        confirmation_revenue_usd,
        gained_count,
        gained_revenue_usd,
        gained_confirmation_revenue_usd,
        cast(null as double) as explained_share,
        window_number = {{ configured_number }} as is_configured,
        window_number = best_number
        and (select count(*) from named where named.media_source is null) = 0
        and (
            window_number > {{ configured_number }}
            or -gained_count >= least_count and 2 * gained_agreeing_count > gained_count
        ) as is_suggested
    from windows_judged
    union all
    select
        'shift' as kind,
        {{ configured_minutes }} as window_minutes,
        cast(measured.step * 0.5 as decimal(3, 1)) as shift_hours,
        measured.media_source,
        cast(null as bigint) as matched_count,
        cast(null as bigint) as agreeing_count,
        cast(null as decimal(38, 8)) as revenue_usd,
        cast(null as decimal(38, 8)) as confirmation_revenue_usd,
        measured.gained_count,
        measured.gained_revenue_usd,
        measured.gained_confirmation_revenue_usd,
        case
            when measured.unmatched_count > 0
                then cast(measured.gained_count as double) / measured.unmatched_count
        end as explained_share,
        false as is_configured,
        named.step is not null as is_suggested
    from shifts_measured as measured
    left join named
        on
            measured.step = named.step
            and coalesce(measured.media_source, '') = coalesce(named.media_source, '')
    where measured.gained_count > 0
),

final as (
    select
        variations.kind,
        variations.window_minutes,
        variations.shift_hours,
        variations.media_source,
        cast(variations.matched_count as bigint) as matched_count,
        cast(variations.agreeing_count as bigint) as agreeing_count,
        cast(variations.revenue_usd as decimal(38, 8)) as revenue_usd,
        cast(variations.confirmation_revenue_usd as decimal(38, 8)) as confirmation_revenue_usd,
        cast(variations.gained_count as bigint) as gained_count,
        cast(variations.gained_revenue_usd as decimal(38, 8)) as gained_revenue_usd,
        cast(variations.gained_confirmation_revenue_usd as decimal(38, 8))
            as gained_confirmation_revenue_usd,
        variations.explained_share,
        variations.is_configured,
        coalesce(variations.is_suggested, false) as is_suggested,
        unsearched.unsearched_count
    from variations
    cross join unsearched
)

select * from final
