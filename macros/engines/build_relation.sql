{# Where this build makes what readers find under the name of `relation`. #}
{% macro build_relation(relation) -%}
    {{ return(api.Relation.create(
        schema=build_schema(), identifier=relation.identifier, type=relation.type
    )) }}
{%- endmacro %}
