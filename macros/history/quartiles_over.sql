{# The three quartiles of a column over a named window, without nulls, as a list that `quartile`
   reads. Between two values they are linear. One list costs a third of three quantiles. #}
{% macro quartiles_over(column, over_window) -%}
    {{ adapter.dispatch('quartiles_over')(column, over_window) }}
{%- endmacro %}

{% macro duckdb__quartiles_over(column, over_window) -%}
    quantile_cont({{ column }}, [0.25, 0.5, 0.75]) over {{ over_window }}
{%- endmacro %}

{% macro spark__quartiles_over(column, over_window) -%}
    percentile({{ column }}, array(0.25, 0.5, 0.75)) over {{ over_window }}
{%- endmacro %}
