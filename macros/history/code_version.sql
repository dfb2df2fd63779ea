{# A hash of the SQL of all models. Blank in a unit test, where macros have no `graph`. #}
{% macro code_version() -%}
    {%- if not execute or graph is not defined -%}
        {{ return('') }}
    {%- endif -%}
    {{ return(local_md5(
        graph.nodes.values() | selectattr('resource_type', 'equalto', 'model')
        | map(attribute='checksum.checksum') | sort | join
    )) }}
{%- endmacro %}
