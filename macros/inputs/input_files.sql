{# The files of an input, as `landing_files` returns them; without `landing`, and for an optional
   input that it lacks, the one in `seeds/`.
   `origin` describes where they are, and `shown` maps each path to its name in messages. #}
{% macro input_files(node) -%}
    {%- set input = landing_files(node) if landing() is not none -%}
    {%- if not input -%}
        {%- set path = seed_path(node) -%}
        {{ return({
            'folder': modules.re.sub('/[^/]*$', '', path), 'files': [path], 'format': 'csv',
            'origin': node.original_file_path, 'shown': {path: node.original_file_path},
        }) }}
    {%- endif -%}
    {%- set is_one = input.files | length == 1 -%}
    {%- do input.update({
        'origin': input.files[0] if is_one else input.folder ~ '/**.' ~ input.format,
        'shown': dict(zip(input.files, input.files)),
    }) -%}
    {{ return(input) }}
{%- endmacro %}
