{# Sum of a column over the `row_count` rows before the current one, without nulls. The rows are
   added in a fixed order, because a floating-point sum depends on it and a window frame does not
   define it. `over_window` names a window with the partition and the order. #}
{% macro sum_of_previous(column, row_count, over_window) -%}
    {%- for rows_before in range(1, row_count + 1) -%}
        coalesce(lag({{ column }}, {{ rows_before }}) over {{ over_window }}, 0)
        {{- ' + ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
