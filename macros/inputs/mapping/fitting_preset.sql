{# The preset that fits a header, or none: the file has the columns of `known_by` and what the
   required columns need. Of several, the one that spells more of `known_by` as the file does. #}
{% macro fitting_preset(node, header) -%}
    {%- set best = {'spelled': -1, 'name': none} -%}
    {%- for name, preset in input_presets(node).items() -%}
        {%- set unknown_names = [] -%}
        {%- for known in preset.known_by if not places_of(known, header) -%}
            {%- do unknown_names.append(known) -%}
        {%- endfor -%}
        {%- set spelled = preset.known_by | select('in', header) | list | length -%}
        {%- if not unknown_names and spelled > best.spelled
            and not mapped_columns(node, full_mapping(node, {'preset': name}), header).missing -%}
            {%- do best.update({'spelled': spelled, 'name': name}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(best.name) }}
{%- endmacro %}
