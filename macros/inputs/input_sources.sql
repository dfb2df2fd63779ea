{# The sources of an input, one for each of its mappings, or one without: the object of `input_files`
   with its `mapping` (or none), the `delimiter` of CSV, and `originals`: the files as the user has
   them, where `files` are those that the engine can read. #}
{% macro input_sources(node) -%}
    {%- set sources = [] -%}
    {%- for mapping in input_mappings(node) or [none] -%}
        {%- set source = input_files(node, mapping) -%}
        {%- do source.update({
            'mapping': mapping, 'delimiter': ',', 'originals': source.files,
        }) -%}
        {%- if mapping and source.format == 'csv' -%}
            {%- do make_readable(source) -%}
        {%- endif -%}
        {%- do sources.append(source) -%}
    {%- endfor -%}
    {{ return(sources) }}
{%- endmacro %}
