{# What `python -m warehouse inspect` tells about a file: for each input that it can be, the
   `preset` (or none, if var `inputs` names the file), and for each column its `names` in the
   file, the values of five rows, how many rows have a value, and how many of these do not parse,
   with an example. If it fits no input, `lacks` has the missing columns of each. #}
{% macro inspect_file(path) -%}
    {%- set found = [] -%}
    {%- set lacks = {} -%}
    {%- for node in inputs() | sort(attribute='name') -%}
        {%- set declared = [] -%}
        {%- for own in input_mappings(node) if own.get('path') -%}
            {%- set source = input_source(node, own) -%}
            {%- if path in source.originals -%}
                {%- do declared.append(own) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- set bare = full_mapping(node, {'path': path}) -%}
        {%- set source = input_source(node, declared[0] if declared else bare) -%}
        {%- set place = source.originals.index(path) -%}
        {%- set file = source.files[place] -%}
        {%- do assert_readable(source, file) -%}
        {%- set header = file_header(source, file) -%}
        {%- set preset = none if declared else fitting_preset(node, header) -%}
        {%- if preset -%}
            {%- do source.update({'mapping': full_mapping(node, {'preset': preset})}) -%}
        {%- endif -%}
        {%- if preset or declared -%}
            {%- do assert_columns(node, source.mapping, path, header) -%}
            {%- do found.append(inspected(node, preset, source, file, header)) -%}
        {%- else -%}
            {%- set mapped = mapped_columns(node, bare, header) -%}
            {%- do lacks.update({node.name: mapped.missing.keys() | list}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return({'inputs': found, 'lacks': lacks}) }}
{%- endmacro %}
