{# A boolean from cleaned text in any case: `true`, `1` or `yes`, `false`, `0` or `no`; null for any
   other text. #}
{% macro parse_boolean(text) -%}
    case lower({{ text }})
        when 'true' then true
        when 'yes' then true
        when '1' then true
        when 'false' then false
        when 'no' then false
        when '0' then false
    end
{%- endmacro %}
