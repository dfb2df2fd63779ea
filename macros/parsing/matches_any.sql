{# True if the whole text matches one of the regular expressions, case-sensitive; null for null. #}
{% macro matches_any(column, patterns) -%}
    {{ matches_fully(column, '(?:' ~ patterns | join(')|(?:') ~ ')') }}
{%- endmacro %}
