{# The mappings of an input in var `inputs`, each complete with what its preset says. Empty if the
   input has none: its files then have the columns of `seeds/_seeds.yml`. #}
{% macro input_mappings(node) -%}
    {%- set given = (var('inputs') or {}).get(node.name) or [] -%}
    {%- set mappings = [] -%}
    {%- for own in ([given] if given is mapping else given) -%}
        {%- do mappings.append(full_mapping(node, own)) -%}
    {%- endfor -%}
    {{ return(mappings) }}
{%- endmacro %}
