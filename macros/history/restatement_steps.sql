{# CTEs that end in `restated`: the figures that differ between two builds, with the input rows
   because of which they do. Before them the query defines `between_reports` and `between_rows`, the
   changes that the builds between the two have recorded, and `pair`, one row with `through_date`,
   the last day that both know, and `rules_cause`.

   The amounts of a figure add up to its difference: what no input row explains is a row of its own.
   #}
{% macro restatement_steps() -%}
{#- On Spark, one null makes all of `concat` null. -#}
{%- set said = "concat(coalesce(status, ''), ' ', coalesce(cast(activity_date as " ~ type_string()
            ~ "), ''), ' ', coalesce(cast(revenue_usd as " ~ type_string() ~ "), ''), ' ',
            coalesce(campaign, ''))" -%}
kept as (
    {%- for mart in kept_figures() %}
    {%- set mart_loop = loop %}
    {%- for figure, explained_by in mart.figures.items() %}
    select
        '{{ mart.mart }}' as mart,
        '{{ figure }}' as figure,
        {{ sql_string(explained_by) if explained_by else 'cast(null as ' ~ type_string() ~ ')' }}
            as explained_by,
        cast({{ 0 if is_sum(figure, explained_by) else 'null' }} as decimal(36, 8))
            as missing_value
    {{ 'union all' if not (loop.last and mart_loop.last) }}
    {%- endfor %}
    {%- endfor %}
),

net_reports as (
    select
        mart,
        figure,
        figure_key,
        activity_date,
        figure_value,
        sum(row_count) as row_count
    from between_reports
    where activity_date <= (select pair.through_date from pair)
    group by mart, figure, figure_key, activity_date, figure_value
    having sum(row_count) != 0
),

-- Of a sum, history keeps no zeros. Spark drops decimals of a result that needs more than 38
-- digits, so what is subtracted or multiplied has fewer.
changed_figures as (
    select
        net_reports.mart,
        net_reports.figure,
        net_reports.figure_key,
        net_reports.activity_date,
        kept.explained_by,
        cast(coalesce(
            max(case when row_count < 0 then figure_value end), kept.missing_value
        ) as decimal(36, 8)) as value_before,
        cast(coalesce(
            max(case when row_count > 0 then figure_value end), kept.missing_value
        ) as decimal(36, 8)) as value_after
    from net_reports
    inner join kept
        on net_reports.mart = kept.mart and net_reports.figure = kept.figure
    group by
        net_reports.mart,
        net_reports.figure,
        net_reports.figure_key,
        net_reports.activity_date,
        kept.explained_by,
        kept.missing_value
),

net_rows as (
    select
        {{ input_row_columns() | join(',\n        ') }},
        cast(sum(row_count) as decimal(9, 0)) as row_count
    from between_rows
    group by {{ input_row_columns() | join(', ') }}
    having sum(row_count) != 0
),

-- The rows of a key that differ. Before and after, are there any, and one that counts? In how many
-- forms does the file say them?
row_sides as (
    select
        input_name,
        row_key,
        max(case when row_count < 0 then 1 else 0 end) as was_there,
        max(case when row_count > 0 then 1 else 0 end) as is_there,
        max(case when row_count < 0 and purchase_count = 1 then 1 else 0 end) as was_counted,
        max(case when row_count > 0 and purchase_count = 1 then 1 else 0 end) as is_counted,
        count(distinct {{ said }}) as form_count,
        count(distinct case when purchase_count = 1 then {{ said }} end) as counted_form_count,
        max(case when row_count > 0 and disposition = 'chargeback' then 1 else 0 end)
        - max(case when row_count < 0 and purchase_count is null then 1 else 0 end)
            as has_new_refund,
        sum(case when disposition = 'refund' then row_count else 0 end) as refund_count,
        sum(row_count * coalesce(net_revenue_usd, 0)) as net_change_usd,
        sum(row_count * coalesce(session_count, 0)) as session_change,
        coalesce(
            max(case when row_count < 0 and purchase_count = 1 then disposition end),
            max(case when row_count < 0 then disposition end)
        ) as counted_before,
        coalesce(
            max(case when row_count > 0 and purchase_count = 1 then disposition end),
            max(case when row_count > 0 then disposition end)
        ) as counted_after
    from net_rows
    group by input_name, row_key
),

row_causes as (
    select
        row_sides.input_name,
        row_sides.row_key,
        row_sides.counted_before,
        row_sides.counted_after,
        case
            when input_name = 'sessions' and session_change < 0 then 'removed_sessions'
            when input_name = 'sessions' then 'late_sessions'
            when input_name = 'costs_daily' and was_there + is_there = 2 then 'restated_cost'
            when input_name = 'costs_daily' and is_there = 1 then 'late_cost'
            when input_name = 'costs_daily' then 'removed_cost'
            when was_counted + is_counted = 0 and refund_count > 0 then 'refund'
            when was_counted + is_counted = 0 and refund_count < 0 then 'refund_reversal'
            when was_there = 0 then 'late_purchase'
            when is_there = 0 then 'removed_purchase'
            when
                was_counted + is_counted = 2
                and counted_form_count = 1
                and net_change_usd < 0
                and (pair.rules_cause is null or has_new_refund = 1)
                then 'refund'
            when pair.rules_cause is not null and form_count = 1 then pair.rules_cause
            when was_counted + is_counted = 2 and counted_form_count = 1 then 'refund_reversal'
            when was_counted + is_counted = 2 then 'changed_row'
            else 'reclassified'
        end as cause
    from row_sides
    cross join pair
),

traced as (
    select
        changed_figures.mart,
        changed_figures.figure,
        changed_figures.figure_key,
        changed_figures.activity_date,
        changed_figures.value_before,
        changed_figures.value_after,
        row_causes.cause,
        net_rows.input_name,
        net_rows.row_key,
        row_causes.counted_before,
        row_causes.counted_after,
        sum(net_rows.row_count * case changed_figures.explained_by
            when 'net_revenue_usd' then net_rows.net_revenue_usd
            when 'ad_cost_usd' then net_rows.ad_cost_usd
            when 'purchase_count' then net_rows.purchase_count
            when 'session_count' then net_rows.session_count
            when 'dau' then net_rows.dau
        end) as amount
    from changed_figures
    inner join net_rows
        on
            changed_figures.activity_date = net_rows.activity_date
            and (
                changed_figures.figure_key is null
                or changed_figures.figure_key = net_rows.campaign
            )
    inner join row_causes
        on net_rows.input_name = row_causes.input_name and net_rows.row_key = row_causes.row_key
    where changed_figures.explained_by is not null
    group by
        changed_figures.mart,
        changed_figures.figure,
        changed_figures.figure_key,
        changed_figures.activity_date,
        changed_figures.value_before,
        changed_figures.value_after,
        row_causes.cause,
        net_rows.input_name,
        net_rows.row_key,
        row_causes.counted_before,
        row_causes.counted_after
),

explained as (
    select
        mart,
        figure,
        figure_key,
        activity_date,
        cast(sum(amount) as decimal(36, 8)) as amount
    from traced
    group by mart, figure, figure_key, activity_date
),

-- A rule may also change which campaigns are shown, without any row.
left_over as (
    select
        changed_figures.*,
        case
            when changed_figures.explained_by is null then 'derived'
            else coalesce(pair.rules_cause, 'unexplained')
        end as cause,
        changed_figures.value_after
        - changed_figures.value_before
        - coalesce(explained.amount, 0) as amount
    from changed_figures
    left join explained
        on
            changed_figures.mart = explained.mart
            and changed_figures.figure = explained.figure
            and changed_figures.figure_key is not distinct from explained.figure_key
            and changed_figures.activity_date = explained.activity_date
    cross join pair
),

restated as (
    select
        mart,
        figure,
        figure_key,
        activity_date,
        cast(value_before as decimal(38, 8)) as value_before,
        cast(value_after as decimal(38, 8)) as value_after,
        cast(value_after - value_before as decimal(38, 8)) as difference,
        cause,
        input_name,
        row_key,
        counted_before,
        counted_after,
        cast(amount as decimal(38, 8)) as amount
    from traced
    where amount != 0
    union all
    select
        mart,
        figure,
        figure_key,
        activity_date,
        cast(value_before as decimal(38, 8)) as value_before,
        cast(value_after as decimal(38, 8)) as value_after,
        cast(value_after - value_before as decimal(38, 8)) as difference,
        cause,
        cast(null as {{ type_string() }}) as input_name,
        cast(null as {{ type_string() }}) as row_key,
        cast(null as {{ type_string() }}) as counted_before,
        cast(null as {{ type_string() }}) as counted_after,
        cast(amount as decimal(38, 8)) as amount
    from left_over
    where cause = 'derived' or amount != 0
)
{%- endmacro %}
