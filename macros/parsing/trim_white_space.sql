{# Text without surrounding Unicode white space, see `clean_text`. #}
{% macro duckdb__trim_white_space(column) -%}
    trim({{ column }}, {% for code in white_space_codes() -%}
        chr({{ code }}){{ ' || ' if not loop.last }}
    {%- endfor %})
{%- endmacro %}

{# Spark's `chr` has 256 characters only, its strings have all. #}
{% macro spark__trim_white_space(column) -%}
    btrim({{ column }}, '{% for code in white_space_codes() -%}
        {{ '\\u%04X' | format(code) }}
    {%- endfor %}')
{%- endmacro %}
