{%- set windows = sweep_windows() %}
{%- set configured_minutes = var('reconciliation_window_minutes') | int %}
{%- set configured_number = windows.index(configured_minutes) %}
{%- set steps_in_reach = 2 * configured_minutes // 30 %}
with

matches as (
    select *
    from {{ ref('fct_reconciliation') }}
    where outcome = 'matched'
),

candidates as (
    select * from {{ ref('int_reconciliation__paired') }}
),

open_rows as (
    select * from {{ ref('int_reconciliation__reopened') }}
),

reconsidered as (
    select * from {{ ref('int_reconciliation__reconsidered') }}
),

rematched as (
    select * from {{ ref('int_reconciliation__rematched') }}
),

windows as (
    {{ listed('window_minutes', windows, number='window_number') }}
),

crowded_players as (
    select distinct appsflyer_id
    from open_rows
    where is_crowded
),

-- A wider window drops these matches, or finds them again.
displaced as (
    select row_id as purchase_id
    from open_rows
    where side = 'purchase' and is_matched and is_spare
),

-- A narrower window drops these matches, or finds them again.
contested as (
    select distinct purchase_id
    from candidates
    where
        pair_rank is not null
        and appsflyer_id not in (select crowded_players.appsflyer_id from crowded_players)
),

-- The first and the last window in which a pair matches, by their numbers.
placed as (
    select
        revenue_usd,
        confirmation_revenue_usd,
        match_rule = 'receipt' or amount_difference_usd = 0 as is_agreeing,
        case
            when purchase_id in (select contested.purchase_id from contested)
                then {{ configured_number }}
            else {{ narrowest_window('seconds_apart') | indent(12) }}
        end as first_window,
        case
            when purchase_id in (select displaced.purchase_id from displaced)
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
    from reconsidered
    where not is_contested and abs(seconds_apart) <= 60 * {{ windows | last }}
    union all
    select
        revenue_usd,
        confirmation_revenue_usd,
        is_agreeing,
        variation as first_window,
        variation as last_window
    from rematched
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

-- Spark drops decimals of a difference that needs more than 38 digits.
matched_by_window as (
    select
        windows.window_number,
        windows.window_minutes,
        cast(coalesce(sum(placed_together.revenue_usd), 0) as decimal(36, 8)) as revenue_usd,
        cast(coalesce(sum(placed_together.confirmation_revenue_usd), 0) as decimal(36, 8))
            as confirmation_revenue_usd,
        coalesce(sum(placed_together.matched_count), 0) as matched_count,
        coalesce(sum(placed_together.agreeing_count), 0) as agreeing_count
    from windows
    left join placed_together
        on
            windows.window_number >= placed_together.first_window
            and windows.window_number <= placed_together.last_window
    group by windows.window_number, windows.window_minutes
),

windows_measured as (
    select
        window_number,
        window_minutes,
        matched_count,
        agreeing_count,
        revenue_usd,
        confirmation_revenue_usd,
        matched_count - coalesce(lag(matched_count) over (order by window_number), 0)
            as added_count,
        agreeing_count - coalesce(lag(agreeing_count) over (order by window_number), 0)
            as added_agreeing_count,
        matched_count - max(
            case when window_number = {{ configured_number }} then matched_count end
        ) over () as gained_matched_count,
        agreeing_count - max(
            case when window_number = {{ configured_number }} then agreeing_count end
        ) over () as gained_agreeing_count,
        revenue_usd - max(
            case when window_number = {{ configured_number }} then revenue_usd end
        ) over () as gained_revenue_usd,
        confirmation_revenue_usd - max(
            case when window_number = {{ configured_number }} then confirmation_revenue_usd end
        ) over () as gained_confirmation_revenue_usd,
        greatest(
            {{ var('sweep_min_rows') }},
            {{ var('window_fit_min_share') }} * max(
                case when window_number = {{ configured_number }} then matched_count end
            ) over ()
        ) as least_count
    from matched_by_window
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
    from windows_measured
),

unmatched as (
    select
        side,
        '' as every_source,
        coalesce(media_source, '') as media_source
    from open_rows
    where not is_matched
),

confirmations_unmatched as (
    select count(*) as row_count
    from unmatched
    where side = 'confirmation'
),

-- The empty source stands for all purchases.
purchases_unmatched as (
    select
        every_source as media_source,
        count(*) as row_count
    from unmatched
    where side = 'purchase'
    group by every_source
    union all
    select
        media_source,
        count(*) as row_count
    from unmatched
    where side = 'purchase' and media_source != ''
    group by media_source
),

gained_by_source as (
    select
        coalesce(media_source, '') as media_source,
        step,
        count(*) as gained_count,
        sum(revenue_usd) as gained_revenue_usd,
        sum(confirmation_revenue_usd) as gained_confirmation_revenue_usd,
        sum(abs(shifted_seconds_apart)) as distance_seconds
    from rematched
    where step is not null
    group by coalesce(media_source, ''), step
),

gained as (
    select
        '' as media_source,
        step,
        sum(gained_count) as gained_count,
        sum(gained_revenue_usd) as gained_revenue_usd,
        sum(gained_confirmation_revenue_usd) as gained_confirmation_revenue_usd,
        sum(distance_seconds) as distance_seconds
    from gained_by_source
    group by step
    union all
    select *
    from gained_by_source
    where media_source != ''
),

shifts_measured as (
    select
        gained.*,
        least(purchases_unmatched.row_count, confirmations_unmatched.row_count) as unmatched_count,
        row_number() over (
            partition by gained.media_source order by gained.gained_count desc, gained.step asc
        ) as gain_rank,
        row_number() over (
            partition by gained.media_source
            order by
                gained.gained_count desc,
                gained.distance_seconds asc,
                abs(gained.step) asc,
                gained.step asc
        ) as fit_rank
    from gained
    inner join purchases_unmatched
        on gained.media_source = purchases_unmatched.media_source
    cross join confirmations_unmatched
),

-- Chance fits all shifts about equally well, so a zone bug stands out from their median, which is
-- between the 28th and the 29th of 56.
shifts_judged as (
    select
        *,
        gained_count >= {{ var('sweep_min_rows') }}
        and gained_count >= {{ var('zone_shift_min_share') }} * unmatched_count
        and 2 * gained_count > 3 * sum(
            case when gain_rank in (28, 29) then gained_count else 0 end
        ) over (partition by media_source)
            as is_outstanding
    from shifts_measured
),

-- Within a wide window, the shifts beside the true one fit the same rows, less closely.
shifts_named as (
    select
        *,
        is_outstanding
        and fit_rank
        = min(case when is_outstanding then fit_rank end) over (
            partition by media_source order by step
            range between {{ steps_in_reach }} preceding and {{ steps_in_reach }} following
        ) as is_named
    from shifts_judged
),

unsearched_purchases as (
    select row_id as purchase_id
    from open_rows
    where side = 'purchase' and is_crowded and not is_matched
    union
    select purchase_id
    from candidates
    where
        pair_rank is not null
        and appsflyer_id in (select crowded_players.appsflyer_id from crowded_players)
),

unsearched as (
    select count(*) as unsearched_count
    from unsearched_purchases
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
        gained_matched_count as gained_count,
        gained_revenue_usd,
        gained_confirmation_revenue_usd,
        cast(null as double) as explained_share,
        window_number = {{ configured_number }} as is_configured,
        coalesce(
            window_number = best_number and (
                window_number > {{ configured_number }}
                or (
                    -gained_matched_count >= least_count
                    and 2 * gained_agreeing_count > gained_matched_count
                )
            ),
            false
        ) as is_suggested
    from windows_judged
    union all
    select
        'shift' as kind,
        {{ configured_minutes }} as window_minutes,
        cast(step * 0.5 as decimal(3, 1)) as shift_hours,
        nullif(media_source, '') as media_source,
        cast(null as bigint) as matched_count,
        cast(null as bigint) as agreeing_count,
        cast(null as decimal(38, 8)) as revenue_usd,
        cast(null as decimal(38, 8)) as confirmation_revenue_usd,
        gained_count,
        gained_revenue_usd,
        gained_confirmation_revenue_usd,
        cast(gained_count as double) / unmatched_count as explained_share,
        false as is_configured,
        is_named as is_suggested
    from shifts_named
),

-- Where a zone is wrong, no window is right.
final as (
    select
        variations.kind,
        variations.shift_hours,
        variations.media_source,
        variations.explained_share,
        variations.is_configured,
        unsearched.unsearched_count,
        cast(variations.window_minutes as int) as window_minutes,
        cast(variations.matched_count as bigint) as matched_count,
        cast(variations.agreeing_count as bigint) as agreeing_count,
        cast(variations.revenue_usd as decimal(38, 8)) as revenue_usd,
        cast(variations.confirmation_revenue_usd as decimal(38, 8)) as confirmation_revenue_usd,
        cast(variations.gained_count as bigint) as gained_count,
        cast(variations.gained_revenue_usd as decimal(38, 8)) as gained_revenue_usd,
        cast(variations.gained_confirmation_revenue_usd as decimal(38, 8))
            as gained_confirmation_revenue_usd,
        variations.is_suggested and (
            variations.kind = 'shift'
            or not coalesce(
                max(
                    case
                        when variations.kind = 'shift' and variations.media_source is null
                            then variations.is_suggested
                    end
                ) over (),
                false
            )
        ) as is_suggested
    from variations
    cross join unsearched
)

select * from final
