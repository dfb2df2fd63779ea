{# True where the whole text matches one of the regular expressions, case included; null where there
   is no text. #}
{% macro matches_any(column, patterns) -%}
    {{ matches_fully(column, '(?:' ~ patterns | join(')|(?:') ~ ')') }}
{%- endmacro %}
