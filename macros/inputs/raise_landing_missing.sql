{# Stops the build because an input has no file. The error names the files that it may have. #}
{% macro raise_landing_missing(node, folder, patterns, own_path) -%}
    {%- set wanted = [] -%}
    {%- for pattern in patterns -%}
        {%- do wanted.append(folder ~ pattern) -%}
    {%- endfor -%}
    {%- set place = 'The path in var inputs' if own_path else 'Landing' -%}
    {%- set without = place ~ ' has no ' ~ node.name -%}
    {%- set missing -%}
        {%- if files_like(folder, '/**') -%}
            {{ without }}: there is no file {{ wanted | join(' or ') }}.
        {%- else -%}
            {{ without }}: the folder {{ folder }} does not exist, or it is empty.
        {%- endif -%}
    {%- endset -%}
    {%- if own_path -%}
        {{ exceptions.raise_compiler_error(
            missing ~ ' Put the export there, or correct `path` of ' ~ node.name ~ ' in var inputs'
        ) }}
    {%- endif -%}
    {{ exceptions.raise_compiler_error(
        missing ~ ' Put the export there, with the columns ' ~ input_columns(node) | join(',')
        ~ ', or set var landing (or the environment variable LANDING) to its place'
    ) }}
{%- endmacro %}
