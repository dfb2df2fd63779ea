{# The schemas on which the published views were when this build began. #}
{% macro published_build_schemas() -%}
    {%- set found = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type in ['model', 'seed'] -%}
        {%- set relation = adapter.get_relation(node.database, node.schema, node.alias) -%}
        {%- if relation is not none -%}
            {%- do found.extend(
                modules.re.findall('build_[0-9]{8}_[0-9]{6}_[0-9a-f]{8}', relation.information)
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found | unique | list) }}
{%- endmacro %}
