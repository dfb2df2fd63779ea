{# A query for the items of a list, one row each. `number` names a column that counts them, from
   `first` on. #}
{% macro listed(column, items, number=none, first=0) -%}
    {%- set columns = [number, column] | select | join(', ') -%}
    select {{ columns }}
    from (
        values
        {%- for item in items %}
        ({{ (first + loop.index0) ~ ', ' if number }}{{ item }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as listed ({{ columns }})
{%- endmacro %}
