{# Advice to declare a preset, with the YAML for `dbt_project.yml`. #}
{% macro declare_preset(node, preset) -%}
    {{ return(
        ' It looks like a file of the preset ' ~ preset ~ '. Write in dbt_project.yml:\n'
        ~ 'vars:\n  inputs:\n    ' ~ node.name ~ ': {preset: ' ~ preset ~ '}'
    ) }}
{%- endmacro %}
