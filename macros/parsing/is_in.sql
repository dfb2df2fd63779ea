{# True if the column has one of the values; false if it is null or there are no values. #}
{% macro is_in(column, values) -%}
    {%- if values -%}
        coalesce({{ column }} in (
            {%- for value in values -%}
                {{ sql_string(value) }}{{ ', ' if not loop.last }}
            {%- endfor -%}
        ), false)
    {%- else -%}
        false
    {%- endif -%}
{%- endmacro %}
