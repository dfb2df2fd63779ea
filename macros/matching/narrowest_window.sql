{# The number of the narrowest of `sweep_windows` that holds a distance; null if none does. #}
{% macro narrowest_window(seconds_apart) -%}
    case
        {%- for minutes in sweep_windows() %}
        when abs({{ seconds_apart }}) <= 60 * {{ minutes }} then {{ loop.index0 }}
        {%- endfor %}
    end
{%- endmacro %}
