{# On Spark: the JSON text of a time; `clock` is the format of its time of day. #}
{% macro spark_json_time(name, clock) -%}
    concat(
        '"', date_format({{ name }}, 'yyyy-MM-dd'),
        'T', date_format({{ name }}, '{{ clock }}'), 'Z"'
    )
{%- endmacro %}
