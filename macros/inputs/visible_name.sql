{# A column name that shows the code points of all characters outside of printable ASCII. #}
{% macro visible_name(name) -%}
    {%- set shown = [] -%}
    {%- for letter in name -%}
        {%- set code -%}
            <U+{{ letter.encode('utf-32-be', 'replace').hex().lstrip('0').upper().zfill(4) }}>
        {%- endset -%}
        {%- do shown.append(
            (letter if letter.isprintable() else '') ~ (code if not ' ' <= letter <= '~' else '')
        ) -%}
    {%- endfor -%}
    {{ return(shown | join) }}
{%- endmacro %}
