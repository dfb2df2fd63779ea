{# True if the whole text matches the regular expression, case-sensitive. #}
{% macro matches_fully(column, pattern) -%}
    {{ adapter.dispatch('matches_fully')(column, pattern) }}
{%- endmacro %}

{% macro duckdb__matches_fully(column, pattern) -%}
    regexp_full_match({{ column }}, {{ sql_string(pattern) }})
{%- endmacro %}

{# Java's `$` also matches before a final line break, `\z` only at the end; with the flag `d`, `.`
   excludes only `\n`, as on DuckDB. #}
{% macro spark__matches_fully(column, pattern) -%}
    regexp_like({{ column }}, {{ sql_string('\\A(?d:' ~ pattern ~ ')\\z') }})
{%- endmacro %}
