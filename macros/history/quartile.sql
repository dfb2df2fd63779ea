{# One of the three quartiles that `quartiles_over` has listed: 1 is the first, 2 the median. #}
{% macro quartile(quartiles, number) -%}
    {{ adapter.dispatch('quartile')(quartiles, number) }}
{%- endmacro %}

{% macro duckdb__quartile(quartiles, number) -%}
    list_extract({{ quartiles }}, {{ number }})
{%- endmacro %}

{% macro spark__quartile(quartiles, number) -%}
    element_at({{ quartiles }}, {{ number }})
{%- endmacro %}
