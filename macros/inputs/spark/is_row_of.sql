{# In SQL: whether a row is from one of these files. At planning, Spark leaves out all others, which
   may be anything and are not opened. #}
{% macro is_row_of(files) -%}
    {{ path_of_row() }} in (
        {%- for file in files %}
        {{ sql_string(bare_path(file)) }}{{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
