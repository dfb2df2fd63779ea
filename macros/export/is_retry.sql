{# True in `dbt retry`, for which `flags.WHICH` is the command that it repeats. #}
{% macro is_retry() -%}
    {{ return((invocation_args_dict.invocation_command | default('')).startswith('dbt retry')) }}
{%- endmacro %}
