{# True if this run writes reports. Only `dbt build` does, because it runs the tests before them.
   `dbt retry` of a build does not, because it runs only a part of it. #}
{% macro writes_reports() -%}
    {{ return(flags.WHICH == 'build' and not is_retry()) }}
{%- endmacro %}
