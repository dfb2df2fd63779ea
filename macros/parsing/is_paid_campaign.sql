{# True for a campaign that somebody pays for; false for organic traffic and where there is none. #}
{% macro is_paid_campaign(column) -%}
    {%- set organic = var('organic_campaign_names') | map('upper') | list -%}
    ({{ column }} is not null and not {{ is_in(column, organic) }})
{%- endmacro %}
