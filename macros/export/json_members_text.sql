{# The members of a JSON object for a row of a relation, keys in the order of its columns. Amounts
   keep their exact digits; times are ISO 8601 in UTC with `Z`, and with a fraction only where there
   is one. #}
{% macro json_members_text(relation, hidden=[]) -%}
    {%- set columns = adapter.get_columns_in_relation(relation) -%}
    concat(
        {%- for column in columns | rejectattr('name', 'in', hidden) %}
        '{{ ',' if not loop.first }}"{{ column.name }}":',
        coalesce({{ json_value_text(column) }}, 'null'){{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
