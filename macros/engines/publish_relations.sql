{# Lets readers see what this build has made, where nothing of it failed: each view changes in one
   step from the tables of the build before to those of this one. Until the next build these stay,
   for whoever is reading them; those of earlier builds and of builds that failed are dropped. #}
{% macro publish_relations() -%}
    {%- set before = published_build_schemas() -%}
    {%- set views = [] -%}
    {%- for result in results
        if result.status == 'success'
        and (result.node.resource_type == 'model' or is_input(result.node)) -%}
        {%- do views.append((result.node.schema, result.node.alias)) -%}
        {%- if result.node.resource_type == 'seed' -%}
            {%- do views.append((result.node.schema, result.node.alias ~ '_files')) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for row in run_query('show views in ' ~ build_schema() ~ " like 'json_*'").rows -%}
        {%- do views.append(('reports', row[1])) -%}
    {%- endfor -%}
    {%- if views -%}
        {%- do run_query(publishing_script(views)) -%}
    {%- endif -%}
    {%- for row in run_query("show schemas like 'build_*'").rows
        if row[0] not in before + [build_schema()] -%}
        {%- do run_query('drop schema if exists ' ~ row[0] ~ ' cascade') -%}
    {%- endfor -%}
{%- endmacro %}

{# One script of the server, because each statement that it is sent costs a good part of a second.
   #}
{% macro publishing_script(views) -%}
begin
    {%- for schema, name in views %}
    create or replace view {{ schema }}.{{ name }} as
    select * from {{ build_schema() }}.{{ name }};
    {%- endfor %}
end
{%- endmacro %}

{# The schemas that readers' views looked at when this build began. #}
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
