{# A column name without case, blanks, underscores and invisible characters, to find misspelled
   columns. #}
{% macro plain_name(name) -%}
    {{ return(modules.re.sub('[^a-z0-9]', '', name | lower)) }}
{%- endmacro %}
