{# Stops the build if an input has a header and no rows, unless it is optional or var
   `allow_empty_inputs` is set. #}
{% macro assert_csv_rows(node, file_name, row_count) -%}
    {%- if row_count == 0 and not var('allow_empty_inputs') and not node.config.meta.get('optional') -%}
        {{ exceptions.raise_compiler_error(
            file_name ~ ' has a header and no rows, which is nearly always a failed export. Put the'
            ~ " rows there, or, if there are none, run with --vars 'allow_empty_inputs: true'"
        ) }}
    {%- endif -%}
{%- endmacro %}
