{# The preset that fits a header: it knows the exact spelling of some columns, and the file has what
   the required columns need. None if there is none. #}
{% macro fitting_preset(node, header) -%}
    {%- set fitting = [] -%}
    {%- for name, preset in input_presets(node).items()
        if preset.known_by | reject('in', header) | list | length == 0
        and not mapped_columns(node, full_mapping(node, {'preset': name}), header).missing -%}
        {%- do fitting.append(name) -%}
    {%- endfor -%}
    {{ return(fitting | first | default(none)) }}
{%- endmacro %}
