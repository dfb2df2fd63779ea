{# True if nothing in this run has failed. #}
{% macro nothing_failed() -%}
    {%- set failed = results
        | selectattr('status', 'in', ['error', 'fail', 'runtime error']) | list -%}
    {{ return(failed | length == 0) }}
{%- endmacro %}
