with

purchases as (
    select * from {{ ref('int_purchases__classified') }}
),

accepted_confirmations as (
    select * from {{ ref('int_confirmations__accepted') }}
),

rejected_confirmations as (
    select * from {{ ref('int_confirmations__rejected') }}
),

unmatched as (
    select * from {{ ref('int_reconciliation__neighbours_measured') }}
),

unmatched_rows as (
    select
        'confirmation' as other_side,
        purchases.purchase_id as row_id,
        purchases.appsflyer_id,
        purchases.purchased_at as happened_at,
        purchases.receipt_id
    from purchases
    inner join unmatched
        on purchases.purchase_id = unmatched.row_id and unmatched.side = 'purchase'
    union all
    select
        'purchase' as other_side,
        accepted_confirmations.confirmation_id as row_id,
        accepted_confirmations.appsflyer_id,
        accepted_confirmations.confirmed_at as happened_at,
        accepted_confirmations.confirmation_receipt_id as receipt_id
    from accepted_confirmations
    inner join unmatched
        on
            accepted_confirmations.confirmation_id = unmatched.row_id
            and unmatched.side = 'confirmation'
),

-- What takes part in reconciliation, and has the receipt of an unmatched row.
counted_rows as (
    select
        'purchase' as side,
        purchase_id as row_id,
        appsflyer_id,
        purchased_at as happened_at,
        receipt_id,
        disposition
    from purchases
    where
        disposition = 'curated'
        and receipt_id in (select unmatched_rows.receipt_id from unmatched_rows)
    union all
    select
        'confirmation' as side,
        confirmation_id as row_id,
        appsflyer_id,
        confirmed_at as happened_at,
        confirmation_receipt_id as receipt_id,
        'accepted' as disposition
    from accepted_confirmations
    where confirmation_receipt_id in (select unmatched_rows.receipt_id from unmatched_rows)
),

-- The primary twin of a secondary row tells as much.
set_aside_rows as (
    select
        'purchase' as side,
        purchase_id as row_id,
        appsflyer_id,
        purchased_at as happened_at,
        receipt_id,
        disposition,
        disposition_reason
    from purchases
    where disposition not in ('curated', 'secondary_attribution')
    union all
    select
        'confirmation' as side,
        confirmation_id as row_id,
        appsflyer_id,
        confirmed_at as happened_at,
        confirmation_receipt_id as receipt_id,
        'rejected' as disposition,
        rejection_reason as disposition_reason
    from rejected_confirmations
),

-- One row of each receipt, because a placeholder may stand in very many. What takes a purchase back
-- tells less of it than the purchase itself.
set_aside_receipts as (
    select *
    from set_aside_rows
    where receipt_id is not null
    qualify
        row_number() over (
            partition by side, receipt_id
            order by case disposition when 'chargeback' then 1 else 0 end, row_id
        ) = 1
),

slotted_unmatched_rows as (
    select
        *,
        {{ explode_time_slots('happened_at') }} as time_slot
    from unmatched_rows
),

-- Nearness ties a row only to what says that it is a purchase.
slotted_set_aside_rows as (
    select
        *,
        {{ time_slot('happened_at') }} as time_slot
    from set_aside_rows
    where disposition not in ('not_a_purchase', 'chargeback')
),

found as (
    select
        unmatched_rows.other_side,
        unmatched_rows.row_id,
        unmatched_rows.happened_at,
        counted_rows.row_id as counterpart_row_number,
        counted_rows.happened_at as counterpart_happened_at,
        counted_rows.disposition as counterpart_disposition,
        cast(null as {{ dbt.type_string() }}) as counterpart_reason,
        1 as certainty_rank
    from unmatched_rows
    inner join counted_rows
        on
            unmatched_rows.other_side = counted_rows.side
            and unmatched_rows.receipt_id = counted_rows.receipt_id
            and unmatched_rows.appsflyer_id = counted_rows.appsflyer_id
    union all
    select
        unmatched_rows.other_side,
        unmatched_rows.row_id,
        unmatched_rows.happened_at,
        set_aside_receipts.row_id as counterpart_row_number,
        set_aside_receipts.happened_at as counterpart_happened_at,
        set_aside_receipts.disposition as counterpart_disposition,
        set_aside_receipts.disposition_reason as counterpart_reason,
        2 as certainty_rank
    from unmatched_rows
    inner join set_aside_receipts
        on
            unmatched_rows.other_side = set_aside_receipts.side
            and unmatched_rows.receipt_id = set_aside_receipts.receipt_id
    union all
    select
        unmatched_rows.other_side,
        unmatched_rows.row_id,
        unmatched_rows.happened_at,
        set_aside_rows.row_id as counterpart_row_number,
        set_aside_rows.happened_at as counterpart_happened_at,
        set_aside_rows.disposition as counterpart_disposition,
        set_aside_rows.disposition_reason as counterpart_reason,
        3 as certainty_rank
    from slotted_unmatched_rows as unmatched_rows
    inner join slotted_set_aside_rows as set_aside_rows
        on
            unmatched_rows.other_side = set_aside_rows.side
            and unmatched_rows.appsflyer_id = set_aside_rows.appsflyer_id
            and unmatched_rows.time_slot = set_aside_rows.time_slot
            and set_aside_rows.happened_at
            between unmatched_rows.happened_at - {{ reconciliation_window() }}
            and unmatched_rows.happened_at + {{ reconciliation_window() }}
    where unmatched_rows.receipt_id is null or set_aside_rows.receipt_id is null
),

measured as (
    select
        *,
        case other_side
            when 'purchase'
                then {{ seconds_between('counterpart_happened_at', 'happened_at') }}
            else {{ seconds_between('happened_at', 'counterpart_happened_at') }}
        end as counterpart_seconds_apart
    from found
),

surest as (
    select *
    from measured
    qualify
        row_number() over (
            partition by other_side, row_id
            order by certainty_rank, abs(counterpart_seconds_apart), counterpart_row_number
        ) = 1
),

final as (
    select
        row_id,
        counterpart_row_number,
        counterpart_disposition,
        counterpart_reason,
        counterpart_seconds_apart,
        case other_side when 'purchase' then 'confirmation' else 'purchase' end as side,
        case
            when certainty_rank = 1 then 'same_receipt_outside_window'
            else concat(other_side, '_set_aside')
        end as reason
    from surest
    -- Within the window the counterpart went to another row with the same receipt.
    where
        certainty_rank > 1
        or abs(counterpart_seconds_apart) > 60 * {{ var('reconciliation_window_minutes') }}
)

select * from final
