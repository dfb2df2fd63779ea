{# The names of all faults of a row, comma-separated, in the order given; null where it has none.
   `faults` maps each name to the condition that shows it. #}
{% macro rejection_reason(faults) -%}
    nullif(concat_ws(
        ', '
        {%- for name, condition in faults.items() -%}
            , case when {{ condition }} then '{{ name }}' end
        {%- endfor -%}
    ), '')
{%- endmacro %}
