{# The members of a list as quoted SQL strings, comma-separated. An empty list becomes one null, so
   that `in (...)` stays valid SQL and matches nothing. #}
{% macro sql_list(values) -%}
    {%- for value in values -%}
        {{ sql_string(value) }}{{ ', ' if not loop.last }}
    {%- else -%}
        null
    {%- endfor -%}
{%- endmacro %}

{# A value as a quoted SQL string. #}
{% macro sql_string(value) -%}
    '{{ value | string | replace("'", "''") }}'
{%- endmacro %}
