{# The number of a row over all files of an input, from its number in its Parquet file. #}
{% macro parquet_row_number(group) -%}
    cast({{ group.rows_before }}[cast(file_index as bigint) + 1] + file_row_number + 1 as bigint)
{%- endmacro %}
