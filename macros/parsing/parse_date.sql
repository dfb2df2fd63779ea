{# A calendar date from `YYYY-MM-DD`, null where the text is none. Takes cleaned text. The pattern
   comes first because engines cast far more than ISO 8601 allows. #}
{% macro parse_date(text) -%}
    case
        when {{ matches_fully(text, '[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}') }}
            then try_cast({{ text }} as date)
    end
{%- endmacro %}
