{# The options with which `read_parquet` reads a file: only the columns in the file, and untyped
   byte arrays as text. #}
{% macro parquet_options() -%}
    hive_partitioning = false, union_by_name = false, binary_as_string = true
{%- endmacro %}
