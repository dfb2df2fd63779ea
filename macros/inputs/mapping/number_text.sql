{# A number with this decimal sign and these thousands separators as text with a decimal point and
   without separators. A number in another form would be read as another amount, so it gets a note
   that no number has. Without a format, it is unchanged, and staging accepts both decimal signs. #}
{% macro number_text(text, decimal, thousands) -%}
    {%- if decimal is none and thousands is none -%}
        {{ return(text) }}
    {%- endif -%}
    {%- set sign = decimal or (',' if thousands == '.' else '.') -%}
    {%- set mark = thousands or '' -%}
    {%- set whole = '[0-9]+' ~ ('|[0-9]{1,3}([' ~ mark ~ '][0-9]{3})+' if mark) -%}
    {#- spreadsheets write no-break spaces -#}
    {%- set plain = 'translate(' ~ text ~ ", '\u00a0\u202f', '  ')" if mark == ' ' else text -%}
    case
        when {{ matches_fully(plain, '-?(' ~ whole ~ ')([' ~ sign ~ '][0-9]+)?') }}
            then replace(
                {{- 'replace(' ~ plain ~ ', ' ~ sql_string(mark) ~ ", '')" if mark else plain }},
                '{{ sign }}', '.')
        when {{ matches_fully(text, '-?[0-9]+([.,][0-9]+)?') }}
            then concat({{ text }}, ' (decimal sign: {{ sign }})')
        else {{ text }}
    end
{%- endmacro %}
