{# Stops the build because an input has no file. The error names the files that it may have. #}
{% macro raise_landing_missing(node, folder, patterns) -%}
    {%- set wanted = [] -%}
    {%- for pattern in patterns -%}
        {%- do wanted.append(folder ~ pattern) -%}
    {%- endfor -%}
    {%- set missing -%}
        {%- if files_like(folder, '/**') -%}
            Landing has no {{ node.name }}: there is no file {{ wanted | join(' or ') }}.
        {%- else -%}
            Landing has no {{ node.name }}: the folder {{ folder }} does not exist, or it is empty.
        {%- endif -%}
    {%- endset -%}
    {{ exceptions.raise_compiler_error(
        missing ~ ' Put the export there, with the columns ' ~ input_columns(node) | join(',')
        ~ ', or set var landing (or the environment variable LANDING) to its place'
    ) }}
{%- endmacro %}
