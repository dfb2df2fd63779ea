{# A name of a column without what people and programs change in one: case, blanks, underscores and
   signs that nobody sees. #}
{% macro plain_name(name) -%}
    {{ return(modules.re.sub('[^a-z0-9]', '', name | lower)) }}
{%- endmacro %}
