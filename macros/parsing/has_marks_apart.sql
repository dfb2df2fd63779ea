{# True for text with decomposed characters, in which a letter and its mark are separate (Unicode
   NFD). It looks like text with composed characters (NFC). The marks are those of Latin, Greek and
   Cyrillic, the parts of Korean syllables that follow the first, and the voice marks of Japanese.
   #}
{% macro has_marks_apart(column) -%}
    {{ matches_fully(
        column,
        '(?s).*[\\x{0300}-\\x{036F}\\x{1161}-\\x{11FF}\\x{3099}\\x{309A}].*'
    ) }}
{%- endmacro %}
