{# The table that lists the files of an input. #}
{% macro files_relation(relation) -%}
    {{ return(relation.incorporate(
        path={'identifier': relation.identifier ~ '_files'}, type='table'
    )) }}
{%- endmacro %}
