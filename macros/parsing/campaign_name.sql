{# The name that campaigns join on: trimmed and upper-cased, because ad networks and the attribution
   tool disagree about case and blanks. #}
{% macro campaign_name(column) -%}
    {{ upper_case(clean_text(column)) }}
{%- endmacro %}
