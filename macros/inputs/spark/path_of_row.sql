{# In SQL: the bare path of the file that a row is from. Spark has it as a URL. #}
{% macro path_of_row() -%}
    regexp_replace(
        url_decode(replace(_metadata.file_path, '+', '%2B')), '^[^:/]+:(//[^/]*)?', ''
    )
{%- endmacro %}
