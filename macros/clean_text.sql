{# Text without surrounding white space; null where nothing is left. White space is what Unicode
   calls so: spreadsheets leave no-break spaces behind, input methods wide ones. Nearly every value
   is visible ASCII from end to end and stays as it is, which takes a third of the time of a trim.
   #}
{% macro clean_text(column) -%}
    case
        when {{ matches_fully(column, '[!-~]+') }} then {{ column }}
        else nullif({{ adapter.dispatch('trim_white_space')(column) }}, '')
    end
{%- endmacro %}

{% macro white_space_characters() -%}
    {%- for code in [9, 10, 11, 12, 13, 32, 133, 160, 5760]
        + range(8192, 8203) | list + [8232, 8233, 8239, 8287, 12288] -%}
        chr({{ code }}){{ ' || ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{% macro duckdb__trim_white_space(column) -%}
    trim({{ column }}, {{ white_space_characters() }})
{%- endmacro %}
