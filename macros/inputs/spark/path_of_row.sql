{# A SQL expression for the bare path of a row's file, which Spark has as a URL. #}
{% macro path_of_row() -%}
    regexp_replace(
        url_decode(replace(_metadata.file_path, '+', '%2B')), '^[^:/]+:(//[^/]*)?', ''
    )
{%- endmacro %}
