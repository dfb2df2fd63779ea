-- Sales are spread evenly over the weight of a day, not thrown: a day has the volume that the plan
-- says, however few there are. A table of their own, because DuckDB divides a table among threads
-- and a list of numbers it does not.
create table sale_places as
select
    unnest(range(first_sale, next_sale)) as sale_no,
    day_no,
    begins_at,
    first_sale,
    next_sale - first_sale as day_sale_count,
    slot_count
from days;

-- One row for each sale that happened or that a client claimed, with all that was drawn for it.
-- Times are seconds since 1970.
create table sales as
with

weighed as (
    select
        *,
        (2 * (sale_no - first_sale) + 1) * slot_count * 3600 // (2 * day_sale_count) as weight_at,
        digest('sale', sale_no) as sale_digest
    from sale_places
),

-- 617/1000 is close to the golden ratio: slots that lie side by side come up as far from each other
-- as can be. Of 21 in a row, no two come up within 46 sales.
timed as (
    select
        weighed.sale_no,
        weighed.day_no,
        weighed.begins_at
        + hour_slots.hour_no * 3600
        + ((hour_slots.slot - hour_slots.first_slot) * 3600 + weighed.weight_at % 3600)
        // hour_slots.weight as sold_at,
        low_bits(weighed.sale_digest) as player_bits,
        high_bits(weighed.sale_digest) as other_bits,
        (weighed.sale_no * 617 + low_bits(digest('story', 0))) % 1000 as story_slot
    from weighed
    inner join hour_slots on weighed.weight_at // 3600 = hour_slots.slot
),

-- A player installs on a day, pays mostly in the first weeks and never after 60 days. Among those
-- who installed together, the k-th is drawn with a probability like 1 / sqrt(k).
played as (
    select
        *,
        day_no - ((player_bits & 32767) * (player_bits & 32767) * 60 >> 30) as install_day_no,
        (player_bits >> 15) & 1073741823 as rank_bits
    from timed
),

ranked as (
    select
        *,
        (rank_bits * rank_bits >> 30) * getvariable('payer_pool') >> 30 as rank_no
    from played
),

openers as (
    select
        ranked.sale_no,
        ranked.sold_at,
        ranked.install_day_no,
        false as is_after_reinstall,
        1000000 + (ranked.install_day_no + 60) * getvariable('player_pool') + ranked.rank_no
            as player_no,
        ranked.other_bits,
        story_slots.story,
        -- Counts the sales of a story, so that its variants come in turn.
        ranked.sale_no // 1000 * story_slots.per_mille + story_slots.place as story_turn
    from ranked
    inner join story_slots on ranked.story_slot = story_slots.slot
),

second_purchases as (
    select
        getvariable('sale_count') + sale_no as sale_no,
        sold_at + 20 + die(other_bits, 0, 280) as sold_at,
        install_day_no,
        true as is_after_reinstall,
        player_no,
        other_bits,
        cast(
            case story when 'bought_twice' then 'plain' else 'missing_confirmation_receipt' end
            as story_name
        ) as story,
        0 as story_turn
    from openers
    where story in ('bought_twice', 'bought_twice_unreceipted')
),

claimed as (
    select * from openers
    union all
    select * from second_purchases
),

detailed as (
    select
        *,
        (sold_at - getvariable('begins_at')) // 86400 as day_no,
        low_bits(digest('player', player_no)) as attribution_bits,
        high_bits(digest('player', player_no)) as install_bits,
        low_bits(digest('detail', sale_no)) as price_bits,
        high_bits(digest('detail', sale_no)) as text_bits
    from claimed
    where is_exported(sold_at)
),

priced as (
    select
        detailed.*,
        price_slots.cents,
        campaign_slots.campaign_no,
        -- Of thirty-two sales one has no install time, and one that is no time. Who buys twice has
        -- installed the game again in between.
        case
            when die(detailed.text_bits, 3, 32) < 2 then null
            when detailed.is_after_reinstall then detailed.sold_at - 10
            else
                getvariable('begins_at')
                + detailed.install_day_no * 86400
                + die(detailed.install_bits, 0, 24) * 3600
                + die(detailed.install_bits, 1, 3600)
        end as installed_at,
        case
            when detailed.story = 'exactly_600_seconds'
                then in_turn([600, -600], detailed.story_turn)
            when detailed.story = 'exactly_601_seconds'
                then in_turn([601, -601], detailed.story_turn)
            when detailed.story = 'late_confirmation'
                then 1200 + die(detailed.price_bits, 3, 2400)
            -- The store confirms within half a minute, mostly; sometimes its queue is minutes
            -- behind.
            when die(detailed.price_bits, 2, 10) < 6 then 2 + die(detailed.price_bits, 3, 28)
            when die(detailed.price_bits, 2, 10) < 9 then 30 + die(detailed.price_bits, 3, 150)
            else 180 + die(detailed.price_bits, 3, 360)
        end as confirmation_seconds,
        case
            when detailed.story in ('chargeback', 'charged_back_retry')
                then
                    detailed.sold_at
                    + in_turn([1500, 18000, 172800, 432000], detailed.story_turn)
                    + die(detailed.text_bits, 2, 600)
        end as chargeback_at
    from detailed
    inner join price_slots on die(detailed.price_bits, 0, 1000) = price_slots.slot
    left join campaign_slots
        on
            die(detailed.attribution_bits, 0, 4096) = campaign_slots.slot
            -- Who installed before the campaign began came by themselves.
            and detailed.install_day_no >= campaign_slots.first_day_no
)

select
    priced.sale_no,
    priced.sold_at,
    cast(priced.day_no as integer) as day_no,
    priced.player_no,
    cast(priced.campaign_no as integer) as campaign_no,
    priced.story,
    cast(priced.story_turn as integer) as story_turn,
    priced.cents,
    priced.installed_at,
    priced.sold_at + priced.confirmation_seconds as confirmed_at,
    case when is_exported(priced.chargeback_at) then priced.chargeback_at end as chargeback_at,
    priced.attribution_bits,
    priced.price_bits,
    priced.text_bits,
    priced.other_bits,
    coalesce(campaign_days.collapse = 'silence', false) as is_silenced
from priced
left join campaign_days
    on
        priced.campaign_no = campaign_days.campaign_no
        and priced.day_no = campaign_days.day_no;

drop table sale_places;
