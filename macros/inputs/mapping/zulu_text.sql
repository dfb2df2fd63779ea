{# A time that ends with the name of UTC, with `Z` in its place. #}
{% macro zulu_text(text) -%}
    regexp_replace({{ text }}, ' ?(Etc/)?(UTC|GMT)$', 'Z')
{%- endmacro %}
