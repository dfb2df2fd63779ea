{# The first or last value of a column in a window's frame that is not null. `over_window` names the
   window. #}
{% macro known_value(which, column, over_window) -%}
    {{ adapter.dispatch('known_value')(which, column, over_window) }}
{%- endmacro %}

{% macro duckdb__known_value(which, column, over_window) -%}
    {{ which }}_value({{ column }} ignore nulls) over {{ over_window }}
{%- endmacro %}

{% macro spark__known_value(which, column, over_window) -%}
    {{ which }}_value({{ column }}) ignore nulls over {{ over_window }}
{%- endmacro %}
