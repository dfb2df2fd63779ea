{# What is wrong with var `inputs`; blank if nothing is. #}
{% macro inputs_fault(given) -%}
    {%- if given is none -%}
        {{ return('') }}
    {%- elif given is not mapping -%}
        {{ return('it is no mapping') }}
    {%- endif -%}
    {%- set nodes = {} -%}
    {%- for node in inputs() -%}
        {%- do nodes.update({node.name: node}) -%}
    {%- endfor -%}
    {%- for name, mappings in given.items() -%}
        {%- if name not in nodes -%}
            {{ return(unknown('input', name, nodes.keys() | sort)) }}
        {%- endif -%}
        {%- set is_list = mappings is sequence and mappings is not string
            and mappings is not mapping -%}
        {%- for mapping in (mappings if is_list else [mappings]) -%}
            {%- set fault = mapping_fault(nodes[name], mapping) -%}
            {%- if fault -%}
                {{ return('in ' ~ name ~ ', ' ~ fault) }}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return('') }}
{%- endmacro %}
