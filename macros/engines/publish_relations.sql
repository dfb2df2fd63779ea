{# On Spark: publishes this build. Each published view changes in one step from the tables of the
   build before to those of this one. The tables of the build before stay until the next build, for
   queries that still read them; those of earlier and of failed builds are dropped. #}
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
