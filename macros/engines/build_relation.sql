{# On Spark a build makes its tables and views in a schema of its own, which readers do not look at:
   replacing a table there is two steps, and whoever reads between them finds none. What readers see
   (`marts.fct_purchases`) are views on the schema of a build that ended well, see
   `publish_relations`. #}

{# The schema of this build. The time comes first, so that names sort as the builds went. #}
{% macro build_schema() -%}
    build_{{ run_started_at.strftime('%Y%m%d_%H%M%S') }}_{{ invocation_id[:8] }}
{%- endmacro %}

{# Where this build makes what readers find under the name of `relation`. #}
{% macro build_relation(relation) -%}
    {{ return(api.Relation.create(
        schema=build_schema(), identifier=relation.identifier, type=relation.type
    )) }}
{%- endmacro %}

{# In a unit test, dbt asks for the columns of a relation by the name that readers know. #}
{% macro spark__get_columns_in_relation_raw(relation) -%}
    {% call statement('get_columns_in_relation_raw', fetch_result=True) -%}
        describe {{ spark__built_relation(relation.identifier, relation) }}
    {%- endcall %}
    {{ return(load_result('get_columns_in_relation_raw').table) }}
{%- endmacro %}
