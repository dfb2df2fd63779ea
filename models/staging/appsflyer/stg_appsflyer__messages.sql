{#- on-run-start checks var `inputs`, so it can be read only in a run. -#}
{%- set message = message_mapping() if execute else {'fields': []} -%}
{{ config(materialized='view', schema='raw') }}

with

events as (
    select * from {{ ref('stg_api__events') }}
),

-- Numbers below zero tell messages from the rows of files.
numbered as (
    select
        meta,
        cast(-row_number() over (order by received_at, event_id) as bigint) as source_row_number
    from events
    where event_type = 'appsflyer_push'
),

read_meta as (
    select
        source_row_number,
        {%- for field in message.fields %}
            {{ json_text('meta', field) }} as c{{ loop.index }},
        {%- endfor %}
        cast(null as {{ type_string() }}) as source_file_path
    from numbered
),

final as (
    {{ mapped_rows(message.mapped, message.mapping, 'select * from read_meta') if execute }}
)

select * from final
