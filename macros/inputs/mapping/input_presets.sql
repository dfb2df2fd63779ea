{# The presets for an input by name, each a mapping. A preset is a macro `preset_<name>` with
   YAML: a mapping per input. Those of a project that installs this one count as well. #}
{% macro input_presets(node) -%}
    {%- set presets = {} -%}
    {%- for name in context.keys() | sort if name.startswith('preset_') -%}
        {%- set preset = fromyaml(context[name]()) -%}
        {%- if node.name in preset -%}
            {%- do presets.update({name.removeprefix('preset_'): preset[node.name]}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(presets) }}
{%- endmacro %}
