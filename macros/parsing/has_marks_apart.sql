{# True for a text with marks that stand apart from their letters, as Unicode's form NFD has them:
   it looks like the text of one character each (NFC). The marks are those of Latin, Greek and
   Cyrillic, the parts of Korean syllables that follow the first, and the voice marks of Japanese.
   #}
{% macro has_marks_apart(column) -%}
    {{ matches_fully(
        column,
        '(?s).*[\\x{0300}-\\x{036F}\\x{1161}-\\x{11FF}\\x{3099}\\x{309A}].*'
    ) }}
{%- endmacro %}
