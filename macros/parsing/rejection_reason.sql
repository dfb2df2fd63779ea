{# The names of all faults of a row, comma-separated and in order; null if it has none. `faults`
   maps each name to its condition. #}
{% macro rejection_reason(faults) -%}
    nullif(concat_ws(
        ', '
        {%- for name, condition in faults.items() -%}
            , case when {{ condition }} then '{{ name }}' end
        {%- endfor -%}
    ), '')
{%- endmacro %}
