{# A SQL condition: the row is from one of these files. Spark prunes all others at planning and does
   not open them. #}
{% macro is_row_of(files) -%}
    {{ path_of_row() }} in (
        {%- for file in files %}
        {{ sql_string(bare_path(file)) }}{{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
