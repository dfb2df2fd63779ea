{# Text without surrounding white space; null where nothing is left. White space is what Unicode
   calls so: spreadsheets leave no-break spaces behind, input methods wide ones. Nearly every value
   begins and ends with visible ASCII (`!` to `~`, in the order of bytes) and stays as it is, which
   takes a sixth of the time of a trim. #}
{% macro clean_text(column) -%}
    {%- set both_ways = column ~ ', reverse(' ~ column ~ ')' -%}
    case
        when least({{ both_ways }}) >= '!' and greatest({{ both_ways }}) <= '~~' then {{ column }}
        else nullif({{ adapter.dispatch('trim_white_space')(column) }}, '')
    end
{%- endmacro %}

{# The code points of Unicode's white space. #}
{% macro white_space_codes() -%}
    {{ return(
        [9, 10, 11, 12, 13, 32, 133, 160, 5760]
        + range(8192, 8203) | list + [8232, 8233, 8239, 8287, 12288]
    ) }}
{%- endmacro %}

{% macro duckdb__trim_white_space(column) -%}
    trim({{ column }}, {% for code in white_space_codes() -%}
        chr({{ code }}){{ ' || ' if not loop.last }}
    {%- endfor %})
{%- endmacro %}

{# Spark's `chr` knows no more than 256 characters, its strings all of them. #}
{% macro spark__trim_white_space(column) -%}
    btrim({{ column }}, '{% for code in white_space_codes() -%}
        {{ '\\u%04X' | format(code) }}
    {%- endfor %}')
{%- endmacro %}
