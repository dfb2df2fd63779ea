{# A value as a quoted SQL string. #}
{% macro sql_string(value) -%}
    {{ adapter.dispatch('sql_string')(value) }}
{%- endmacro %}

{% macro duckdb__sql_string(value) -%}
    '{{ value | string | replace("'", "''") }}'
{%- endmacro %}

{# Spark's strings have escapes, which begin with a backslash. #}
{% macro spark__sql_string(value) -%}
    '{{ value | string | replace("\\", "\\\\") | replace("'", "\\'") }}'
{%- endmacro %}
