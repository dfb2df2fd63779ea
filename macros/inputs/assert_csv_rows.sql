{# Stops the build if an input has a header and no rows, unless it is optional or var
   `allow_empty_inputs` is set. #}
{% macro assert_csv_rows(node, file_name, row_count) -%}
    {%- set may_be_empty = var('allow_empty_inputs') or node.config.meta.get('optional') -%}
    {%- if row_count == 0 and not may_be_empty -%}
        {{ exceptions.raise_compiler_error(
            file_name ~ ' has a header and no rows, which is nearly always a failed export. Put the'
            ~ " rows there, or, if there are none, run with --vars 'allow_empty_inputs: true'"
        ) }}
    {%- endif -%}
{%- endmacro %}
