{# True for a paid campaign; false for organic traffic and for null. #}
{% macro is_paid_campaign(column) -%}
    {%- set organic = var('organic_campaign_names') | map('upper') | list -%}
    ({{ column }} is not null and not {{ is_in(column, organic) }})
{%- endmacro %}
