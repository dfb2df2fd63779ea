{# The sources of an input: one for each of its mappings, or one without. #}
{% macro input_sources(node) -%}
    {%- set sources = [] -%}
    {%- for mapping in input_mappings(node) or [none] -%}
        {%- do sources.append(input_source(node, mapping)) -%}
    {%- endfor -%}
    {{ return(sources) }}
{%- endmacro %}
