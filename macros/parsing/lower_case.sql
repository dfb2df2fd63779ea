{# Text in lower case, letter by letter. A letter whose other case is more than one letter stays as
   it is. #}
{% macro lower_case(text) -%}
    {{ adapter.dispatch('lower_case')(text) }}
{%- endmacro %}

{% macro duckdb__lower_case(text) -%}
    lower({{ text }})
{%- endmacro %}

{# Spark's `lower` turns U+0130 into two letters, and the result for U+03A3 depends on its place in
   a word. #}
{% macro spark__lower_case(text) -%}
    lower(translate({{ text }}, '\u0130\u03A3', 'i\u03C3'))
{%- endmacro %}
