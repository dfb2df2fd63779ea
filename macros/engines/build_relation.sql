{# On Spark: the relation that this build makes for the name `relation`, see `build_schema`. #}
{% macro build_relation(relation) -%}
    {{ return(api.Relation.create(
        schema=build_schema(), identifier=relation.identifier, type=relation.type
    )) }}
{%- endmacro %}
