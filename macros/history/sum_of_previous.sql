{# Sum of a column over the rows before the current one, nulls left out, added one by one: a
   floating-point sum depends on its order, which a window frame leaves open. `over_window` names a
   window with the partition and the order. #}
{% macro sum_of_previous(column, row_count, over_window) -%}
    {%- for rows_before in range(1, row_count + 1) -%}
        coalesce(lag({{ column }}, {{ rows_before }}) over {{ over_window }}, 0)
        {{- ' + ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
