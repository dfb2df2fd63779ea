{# Says that a name is none of those that are known, and which one it may mean. #}
{% macro unknown(kind, name, known) -%}
    {{ return(
        kind ~ ' ' ~ name | tojson ~ ' is unknown; did you mean '
        ~ nearest_text(name | string, known) ~ '? Known: ' ~ known | join(', ')
    ) }}
{%- endmacro %}
