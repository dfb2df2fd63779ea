{# The files of an input for one of its mappings or for none: those of `landing_files`; without a
   path or `landing`, and for an optional input that it lacks, the one in `seeds/`.
   `origin` describes where they are, and `shown` maps each path to its name in messages. #}
{% macro input_files(node, mapping) -%}
    {%- set has_place = landing() is not none or mapping and mapping.get('path') -%}
    {%- set input = landing_files(node, mapping) if has_place -%}
    {%- if input -%}
        {%- set is_one = input.files | length == 1 -%}
        {%- do input.update({
            'origin': input.files[0] if is_one else input.folder ~ '/**.' ~ input.format,
            'shown': dict(zip(input.files, input.files)),
        }) -%}
    {%- else -%}
        {%- set path = seed_path(node) -%}
        {%- set input = {
            'folder': modules.re.sub('/[^/]*$', '', path), 'files': [path], 'format': 'csv',
            'origin': node.original_file_path, 'shown': {path: node.original_file_path},
        } -%}
    {%- endif -%}
    {{ return(input) }}
{%- endmacro %}
