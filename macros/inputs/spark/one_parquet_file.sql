{# A SQL relation of one Parquet file, with the glob characters of its path escaped. #}
{% macro one_parquet_file(path) -%}
    parquet.`{{ modules.re.sub('([*?{}\\[\\]\\\\])', '\\\\\\1', path) | replace('`', '``') }}`
{%- endmacro %}
