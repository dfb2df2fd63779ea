{# True where the whole text matches the regular expression, case included. #}
{% macro matches_fully(column, pattern) -%}
    {{ adapter.dispatch('matches_fully')(column, pattern) }}
{%- endmacro %}

{% macro duckdb__matches_fully(column, pattern) -%}
    regexp_full_match({{ column }}, {{ sql_string(pattern) }})
{%- endmacro %}

{# Java's `$` also matches before a line break at the end, `\z` nowhere else; `d` keeps `.` from
   taking other characters than `\n` for the end of a line, as on DuckDB. #}
{% macro spark__matches_fully(column, pattern) -%}
    regexp_like({{ column }}, {{ sql_string('\\A(?d:' ~ pattern ~ ')\\z') }})
{%- endmacro %}
