{# What staging makes of a canonical column. #}
{% macro parsed_value(column) -%}
    {%- set text = adapter.quote(column) -%}
    {%- if column.endswith('_utc') -%}
        {{ parse_utc_timestamp(text) }}
    {%- elif column == 'date' -%}
        {{ parse_date(text) }}
    {%- elif is_amount(column) -%}
        {{ parse_money(text) }}
    {%- elif column.startswith('is_') -%}
        {{ parse_boolean(text) }}
    {%- else -%}
        {{ text }}
    {%- endif -%}
{%- endmacro %}
