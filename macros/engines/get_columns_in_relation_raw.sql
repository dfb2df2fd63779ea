{# In a unit test, dbt asks for the columns of a relation by the name that readers know. #}
{% macro spark__get_columns_in_relation_raw(relation) -%}
    {% call statement('get_columns_in_relation_raw', fetch_result=True) -%}
        describe {{ spark__built_relation(relation.identifier, relation) }}
    {%- endcall %}
    {{ return(load_result('get_columns_in_relation_raw').table) }}
{%- endmacro %}
