{# Whether this run writes reports. Only `dbt build` does, because it runs the tests before them;
   `dbt retry` of one does not, because it knows but a part of them. #}
{% macro writes_reports() -%}
    {{ return(flags.WHICH == 'build' and not is_retry()) }}
{%- endmacro %}

{% macro is_retry() -%}
    {{ return((invocation_args_dict.invocation_command | default('')).startswith('dbt retry')) }}
{%- endmacro %}
