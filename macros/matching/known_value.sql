{# The first or last non-null value of a column in the frame of the window `over_window`. #}
{% macro known_value(which, column, over_window) -%}
    {{ adapter.dispatch('known_value')(which, column, over_window) }}
{%- endmacro %}

{% macro duckdb__known_value(which, column, over_window) -%}
    {{ which }}_value({{ column }} ignore nulls) over {{ over_window }}
{%- endmacro %}

{% macro spark__known_value(which, column, over_window) -%}
    {{ which }}_value({{ column }}) ignore nulls over {{ over_window }}
{%- endmacro %}
