{# True for the three letters of a currency, in upper case; null for null. #}
{% macro is_currency(column) -%}
    {{ matches_fully(column, '[A-Z]{3}') }}
{%- endmacro %}
