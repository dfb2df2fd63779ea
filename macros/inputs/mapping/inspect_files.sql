{# Prints a line of JSON for each file: what `inspect_file` tells. #}
{% macro inspect_files(paths) -%}
    {%- set fault = inputs_fault(var('inputs')) -%}
    {%- if fault -%}
        {{ exceptions.raise_compiler_error('Var inputs: ' ~ fault) }}
    {%- endif -%}
    {%- for path in paths -%}
        {%- do print(tojson(inspect_file(path))) -%}
    {%- endfor -%}
{%- endmacro %}
