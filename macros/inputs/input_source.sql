{# A source of an input: the object of `input_files` with its `mapping` (or none), the `delimiter`
   of CSV, and `originals`: the files as the user has them, where `files` are those that the
   engine can read. #}
{% macro input_source(node, mapping) -%}
    {%- set source = input_files(node, mapping) -%}
    {%- do source.update({
        'mapping': mapping, 'delimiter': ',', 'originals': source.files,
    }) -%}
    {%- if mapping and source.format == 'csv' -%}
        {%- do make_readable(source) -%}
    {%- endif -%}
    {{ return(source) }}
{%- endmacro %}
