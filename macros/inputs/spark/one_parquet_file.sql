{# In SQL: a Parquet file by its path, signs of globs taken as they are. #}
{% macro one_parquet_file(path) -%}
    parquet.`{{ modules.re.sub('([*?{}\\[\\]\\\\])', '\\\\\\1', path) | replace('`', '``') }}`
{%- endmacro %}
