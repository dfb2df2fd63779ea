{# How Parquet is read: the columns are those in the file alone, and writers that do not mark text
   as text mean text. #}
{% macro parquet_options() -%}
    hive_partitioning = false, union_by_name = false, binary_as_string = true
{%- endmacro %}
