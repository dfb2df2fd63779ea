{# A date from cleaned text in the form `YYYY-MM-DD`; null if it does not parse. The pattern is
   checked first because engines cast more than ISO 8601 allows. #}
{% macro parse_date(text) -%}
    case
        when {{ matches_fully(text, '[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}') }}
            then try_cast({{ text }} as date)
    end
{%- endmacro %}
