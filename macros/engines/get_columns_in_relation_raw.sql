{# Overrides dbt's macro: in a unit test, dbt asks for the columns of a relation by its published
   name. #}
{% macro spark__get_columns_in_relation_raw(relation) -%}
    {% call statement('get_columns_in_relation_raw', fetch_result=True) -%}
        describe {{ spark__built_relation(relation.identifier, relation) }}
    {%- endcall %}
    {{ return(load_result('get_columns_in_relation_raw').table) }}
{%- endmacro %}
