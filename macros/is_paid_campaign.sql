{# True for a named campaign that somebody pays for; false for organic traffic and for no campaign.
   #}
{% macro is_paid_campaign(column) -%}
    ({{ column }} is not null and not {{ is_in(column, var('organic_campaign_names')) }})
{%- endmacro %}
