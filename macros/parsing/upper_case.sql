{# Text in upper case, letter by letter, by the rule of `lower_case`. #}
{% macro upper_case(text) -%}
    {{ adapter.dispatch('upper_case')(text) }}
{%- endmacro %}

{% macro duckdb__upper_case(text) -%}
    upper({{ text }})
{%- endmacro %}

{# Spark's `upper` turns some letters into two or three, such as the German sharp s into `SS`: two
   campaigns would become one. These letters stay unchanged, except for the few that also have an
   upper case of one letter. #}
{% macro spark__upper_case(text) -%}
    {%- set lower_letters = [223, 8115, 8131, 8179]
        + range(8064, 8072) | list + range(8080, 8088) | list + range(8096, 8104) | list -%}
    {%- set upper_letters = [7838, 8124, 8140, 8188]
        + range(8072, 8080) | list + range(8088, 8096) | list + range(8104, 8112) | list -%}
    case
        when {{ matches_fully(text, '[ -~]*') }} then upper({{ text }})
        else array_join(transform(
            regexp_extract_all({{ text }}, '(?s).', 0),
            letter -> case
                when length(upper(letter)) = 1 then upper(letter)
                else translate(
                    letter,
                    '{% for code in lower_letters %}{{ '\\u%04X' | format(code) }}{% endfor %}',
                    '{% for code in upper_letters %}{{ '\\u%04X' | format(code) }}{% endfor %}'
                )
            end
        ), '')
    end
{%- endmacro %}
