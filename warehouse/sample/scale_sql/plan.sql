-- The story of a game of the wanted size: what can happen to a sale and how often, the days and
-- their volume, the campaigns and what goes wrong with their money. Small tables, but every other
-- step only looks things up here.
--
-- Variables: seed; sale_count, day_count, campaign_count; d1_no, the number of the day before the
-- last, the first being 0; player_pool, the players that install on a day, and payer_pool, those of
-- them who ever pay; begins_at and exported_at, both ends of the export in seconds since 1970, UTC.

-- Chance comes from MD5 alone, because its text is the same in every version of DuckDB and on every
-- platform. A digest has 32 hexadecimal digits: twice 60 bits, four dice each.
create macro digest(what, number) as
    md5(concat_ws(':', getvariable('seed'), what, number));
create macro low_bits(digest_text) as cast('0x' || substr(digest_text, 1, 15) as bigint);
create macro high_bits(digest_text) as cast('0x' || substr(digest_text, 16, 15) as bigint);

-- 0 to sides - 1, from the place-th of the four dice (0 to 3); sides is at most 32,768.
create macro die(bits, place, sides) as ((bits >> (15 * place)) & 32767) * sides >> 15;

-- The items of a list in turn, `number` counts from 0.
create macro in_turn(items, number) as items[1 + number % len(items)];

-- Rows from before and after are in no file.
create macro is_exported(moment) as
    moment >= getvariable('begins_at') and moment <= getvariable('exported_at');

create macro utc_text(moment) as strftime(make_timestamp(moment * 1000000), '%Y-%m-%dT%H:%M:%SZ');

-- ISO 8601 in other ways; `notation` counts from 0.
create macro other_time_text(moment, notation) as
    case notation % 5
        when 0 then strftime(make_timestamp((moment + 7200) * 1000000), '%Y-%m-%dT%H:%M:%S+02:00')
        when 1 then strftime(make_timestamp((moment - 18000) * 1000000), '%Y-%m-%dT%H:%M:%S-05:00')
        when 2 then strftime(make_timestamp((moment + 19800) * 1000000), '%Y-%m-%dT%H:%M:%S+05:30')
        when 3 then strftime(make_timestamp(moment * 1000000), '%Y-%m-%dT%H:%M:%S')
        else strftime(make_timestamp(moment * 1000000), '%Y-%m-%dT%H:%M:%S.007Z')
    end;

-- Unique, because the factor and the modulus have no common divisor.
create macro receipt_text(sale_no) as
    concat('RCP-', 10000000000 + sale_no * 7368787 % 9000000000);

create macro dollars_text(cents) as format('{}.{:02d}', cents // 100, cents % 100);

-- One of the spellings of a campaign, by the place-th die; whoever came by themselves keeps to one
-- of three.
create macro campaign_text(campaign, other_spellings, attribution_bits, bits, place) as
    case
        when campaign is null
            then in_turn([null, 'Organic', '(organic)'], die(attribution_bits, 1, 3))
        when len(other_spellings) > 0 and die(bits, place, 32) = 0
            then in_turn(other_spellings, bits)
        else campaign
    end;

-- What can happen to a sale. `per_mille` is exact: of any thousand sales in a row, so many. The
-- rest is plain. `disposition` is what becomes of the own row of the sale, null where it was lost.
--
-- The four stories without a purchase receipt stand side by side and have 21 slots together: so two
-- such sales are 47 sales apart or more (see sales.sql) and never of the same second. Otherwise one
-- player's two real purchases could look like a duplicate, and the truth would be in doubt.
create table stories as
select
    *,
    cast(sum(per_mille) over (order by story_no) - per_mille as bigint) as first_slot
from (
    values
    -- Written differently, but fine.
    (1, 'time_notation', 10, 'curated', true, true, true),
    (2, 'decimal_comma', 6, 'curated', true, true, true),
    (3, 'padded_amount', 4, 'curated', true, true, true),
    (4, 'mixed_case', 5, 'curated', true, true, true),
    -- Missing receipts: old clients send none, some stores hand them out late.
    (5, 'missing_confirmation_receipt', 8, 'curated', true, true, false),
    (6, 'missing_receipt', 12, 'curated', false, true, true),
    (7, 'missing_both_receipts', 4, 'curated', false, true, false),
    -- Twice in the file.
    (8, 'unreceipted_duplicate', 2, 'curated', false, true, false),
    (9, 'duplicate_in_other_notation', 3, 'curated', false, true, false),
    (10, 'exact_duplicate', 4, 'curated', true, true, true),
    (11, 'exact_triplicate', 1, 'curated', true, true, true),
    (12, 'retried_receipt', 3, 'curated', true, true, true),
    (13, 'overtaken_by_retry', 1, 'curated', true, true, true),
    -- Unreadable: really bought, and really confirmed.
    (14, 'ambiguous_thousands', 1, 'malformed', true, true, true),
    (15, 'bad_amount', 3, 'malformed', true, true, true),
    (16, 'bad_time', 2, 'malformed', true, true, true),
    (17, 'missing_id', 2, 'malformed', true, true, true),
    -- No sale at all, and unknown to the store.
    (18, 'worthless_success', 3, 'false_success', true, false, false),
    (19, 'bad_receipt', 3, 'false_success', true, false, false),
    -- Rows beside the sale's own one.
    (20, 'other_event', 8, 'curated', true, true, true),
    (21, 'failed_attempt', 8, 'curated', true, true, true),
    (22, 'chargeback', 8, 'curated', true, true, true),
    (23, 'charged_back_retry', 1, 'curated', true, true, true),
    (24, 'orphan_chargeback', 2, 'curated', true, true, true),
    -- The other side.
    (25, 'never_confirmed', 25, 'curated', true, false, false),
    (26, 'lost_purchase', 20, null, true, true, true),
    (27, 'exactly_600_seconds', 2, 'curated', true, true, true),
    (28, 'exactly_601_seconds', 2, 'curated', true, true, true),
    (29, 'late_confirmation', 3, 'curated', true, true, true),
    (30, 'differing_amount', 5, 'curated', true, true, true),
    (31, 'repeated_confirmation', 3, 'curated', true, true, true),
    (32, 'bad_confirmation', 4, 'curated', true, true, true),
    -- The player buys again within minutes; in the second story the store sent no receipts.
    (33, 'bought_twice', 6, 'curated', true, true, true),
    (34, 'bought_twice_unreceipted', 2, 'curated', true, true, false)
) as catalogue (
    story_no,
    story,
    per_mille,
    disposition,
    has_receipt,
    is_confirmed,
    has_confirmation_receipt
);

insert into stories
select
    0 as story_no,
    'plain' as story,
    1000 - sum(per_mille) as per_mille,
    'curated' as disposition,
    true as has_receipt,
    true as is_confirmed,
    true as has_confirmation_receipt,
    sum(per_mille) as first_slot
from stories;

-- One byte instead of a text in each of millions of rows.
create type story_name as enum (select story from stories order by story_no);
alter table stories alter column story type story_name;

create table story_slots as
select
    story,
    per_mille,
    slot - first_slot as place,
    slot
from (
    select
        *,
        unnest(range(first_slot, first_slot + per_mille)) as slot
    from stories
);

-- The rows that a sale leaves in purchases_raw.csv: its own one has number 0. `seconds_after` is
-- null where it is drawn.
create table story_rows as
select
    story,
    0 as copy_no,
    'sale' as kind,
    disposition,
    0 as seconds_after
from stories
where disposition is not null
union all
select
    stories.story,
    extra.copy_no,
    extra.kind,
    extra.disposition,
    extra.seconds_after
from stories
inner join (
    values
    ('unreceipted_duplicate', 1, 'copy', 'duplicate', 0),
    ('duplicate_in_other_notation', 1, 'rewritten', 'duplicate', 0),
    ('exact_duplicate', 1, 'copy', 'duplicate', 0),
    ('exact_triplicate', 1, 'copy', 'duplicate', 0),
    ('exact_triplicate', 2, 'copy', 'duplicate', 0),
    ('retried_receipt', 1, 'copy', 'duplicate', 60),
    ('overtaken_by_retry', 1, 'copy', 'duplicate', 60),
    ('other_event', 1, 'other_event', 'not_a_purchase', -90),
    ('failed_attempt', 1, 'attempt', 'failed', -40),
    ('chargeback', 1, 'chargeback', 'chargeback', null),
    ('charged_back_retry', 1, 'copy', 'duplicate', 60),
    ('charged_back_retry', 2, 'chargeback', 'chargeback', null),
    ('orphan_chargeback', 1, 'orphan', 'chargeback', 3600)
) as extra (story, copy_no, kind, disposition, seconds_after)
    on stories.story = extra.story;

create table prices as
select
    cast(cents as integer) as cents,
    price_text,
    first_slot,
    next_slot
from (
    values
    (99, '0.99', 0, 360),
    (199, '1.99', 360, 600),
    (499, '4.99', 600, 820),
    (999, '9.99', 820, 930),
    (1999, '19.99', 930, 980),
    (4999, '49.99', 980, 995),
    (9999, '99.99', 995, 1000)
) as price_list (cents, price_text, first_slot, next_slot);

create table price_slots as
select
    cents,
    unnest(range(first_slot, next_slot)) as slot
from prices;

-- Quiet before dawn, a small peak at noon, the large one in the evening: an hour has as many slots
-- as it has weight.
create table hour_slots as
select
    hour_no,
    weight,
    first_slot,
    unnest(range(first_slot, first_slot + weight)) as slot
from (
    select
        hour_no,
        weight,
        cast(sum(weight) over (order by hour_no) - weight as bigint) as first_slot
    from (
        select
            unnest(range(24)) as hour_no,
            unnest([5, 3, 2, 1, 1, 1, 2, 4, 5, 5, 5, 6, 8, 7, 6, 6, 7, 9, 11, 13, 14, 13, 10, 7])
                as weight
    )
);

-- A week has its weekend and the game its seasons, a slow rise and fall of a fourth over 60 days:
-- neighbouring days are never further apart than 1.3 times. The last day ends with the export.
create table days as
with

slotted as (
    select
        day_no,
        getvariable('begins_at') + day_no * 86400 as begins_at,
        (
            select count(*)
            from hour_slots
            where
                numbers.day_no < getvariable('day_count') - 1
                or hour_slots.hour_no < getvariable('exported_at') // 3600 % 24
        ) as slot_count
    from range(getvariable('day_count')) as numbers (day_no)
),

weighted as (
    select
        *,
        -- 2026-01-01, day 0, was a Thursday.
        in_turn([103, 112, 125, 120, 100, 98, 99], day_no)
        * (100 + abs(day_no % 60 - 30))
        * slot_count as weight
    from slotted
),

summed as (
    select
        *,
        cast(sum(weight) over (order by day_no) as hugeint) as weight_until,
        cast(sum(weight) over () as hugeint) as weight_of_all
    from weighted
)

select
    day_no,
    begins_at,
    slot_count,
    cast(getvariable('sale_count') * (weight_until - weight) // weight_of_all as bigint)
        as first_sale,
    cast(getvariable('sale_count') * weight_until // weight_of_all as bigint) as next_sale
from summed;

-- The first five are those of the sample, because their spellings are acknowledged in
-- dbt_project.yml. The shares fall like 1/x, and 22 % of the players came by themselves.
create table campaigns as
with

themes as (
    select [
        'Winter_Quest', 'Dragon_Rush', 'Gem_Fever', 'Hero_Draft', 'Valentine_Teaser', 'Sky_Race',
        'Castle_Siege', 'Puzzle_Night', 'Pirate_Cove', 'Robot_League', 'Farm_Story', 'Ninja_Trial'
    ] as names
),

regions as (
    select ['US', 'EU', 'BR', 'JP', 'US', 'KR', 'DE', 'MX', 'IN', 'FR', 'CA', 'ID'] as names
),

named as (
    select
        campaign_no,
        concat_ws(
            '_',
            in_turn(themes.names, campaign_no - 1),
            in_turn(regions.names, campaign_no - 1),
            case when campaign_no > 12 then (campaign_no - 1) // 12 + 1 end
        ) as campaign,
        1000000 // (campaign_no + 2) as weight,
        low_bits(digest('campaign', campaign_no)) as bits
    from range(1, getvariable('campaign_count') + 1) as numbers (campaign_no)
    cross join themes
    cross join regions
)

select
    campaign_no,
    campaign,
    case campaign
        when 'Winter_Quest_US' then ['winter_quest_us', ' Winter_Quest_US ']
        when 'Dragon_Rush_EU' then ['DRAGON_RUSH_EU']
        when 'Gem_Fever_BR' then ['Gem_Fever_BR ']
        when 'Hero_Draft_JP' then ['hero_draft_jp']
        else []
    end as other_spellings,
    -- Most ran long before; every fifth starts within the export, and the last one has, on D-1, two
    -- days of history.
    case
        when campaign_no = getvariable('campaign_count') then getvariable('d1_no') - 2
        when campaign_no % 5 = 4 then getvariable('day_count') // 4
        else -1000
    end as first_day_no,
    700 + die(bits, 0, 500) as target_roas_per_mille,
    bits,
    cast(sum(weight) over (order by campaign_no) as bigint) as weight_until,
    cast(sum(weight) over () as bigint) as weight_of_all,
    weight
from named;

create table campaign_slots as
select
    campaign_no,
    first_day_no,
    unnest(range(
        3195 * (weight_until - weight) // weight_of_all, 3195 * weight_until // weight_of_all
    )) as slot
from campaigns;

-- What is planted on a campaign's day. A planted collapse has to be beyond doubt:
--   * costs follow revenue, so that an ordinary day lies within 0.85 to 1.15 times the campaign's
--     ROAS, and a collapse at 0 (payments were down) or at most 0.29 (spend ran away);
--   * collapses of a campaign are nine days apart or more, and none falls into its first ten days
--     or the export's first seven;
--   * of any seven days, at most three have no cost.
-- So half the average is at least 0.42 on a day of collapse, and at most 0.58 on an ordinary one.
-- Only a small campaign falls silent, because a large one would leave a hole in the day's volume.
create table campaign_days as
with

drawn as (
    select
        campaigns.campaign_no,
        campaigns.campaign,
        campaigns.other_spellings,
        campaigns.target_roas_per_mille,
        days.day_no,
        days.begins_at,
        getvariable('d1_no') - days.day_no as days_before_d1,
        days.day_no >= greatest(7, campaigns.first_day_no + 10) as has_history,
        (days.day_no + campaigns.bits) % 5 = 0 as is_gap_day,
        low_bits(digest('campaign day', campaigns.campaign_no * 100000 + days.day_no)) as bits,
        low_bits(digest(
            'campaign block', campaigns.campaign_no * 100000 + days_before_d1 // 12
        )) as block_bits
    from campaigns
    cross join days
    where days.day_no >= campaigns.first_day_no and days_before_d1 >= 0
),

planted as (
    select
        *,
        case
            when not has_history then null
            when days_before_d1 = 0 and campaign_no % 8 = 2 then 'runaway_spend'
            when days_before_d1 = 0 and campaign_no % 8 = 5 then 'silence'
            when days_before_d1 < 12 or days_before_d1 % 12 != die(block_bits, 0, 4) then null
            when die(block_bits, 1, 10) < 5 then 'runaway_spend'
            when die(block_bits, 1, 10) < 7 and campaign_no > 3 then 'silence'
        end as collapse
    from drawn
),

gapped as (
    select
        *,
        collapse is null and is_gap_day and die(bits, 0, 4) = 0 as is_gap
    from planted
),

counted as (
    select
        *,
        count(*) filter (where is_gap) over (order by day_no, campaign_no) as gap_no
    from gapped
)

select
    campaign_no,
    campaign,
    day_no,
    begins_at,
    bits,
    collapse,
    case
        when collapse is not null then null
        when days_before_d1 = 0 and campaign_no % 8 = 3 then 'missing'
        when is_gap
            then in_turn(['missing', 'zero', 'bad_date', 'no_campaign', 'bad_cost'], gap_no)
    end as gap,
    -- Revenue per dollar of spend, in thousandths, and how often that was spent.
    target_roas_per_mille * (850 + die(bits, 2, 301)) // 1000 as roas_per_mille,
    case when collapse = 'runaway_spend' then 4 + die(block_bits, 2, 3) else 1 end as spend_factor,
    case
        when len(other_spellings) > 0 and die(bits, 3, 16) = 0
            then in_turn(other_spellings, day_no)
        else campaign
    end as campaign_spelling
from counted;
