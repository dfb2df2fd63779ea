{# Path of a report file in the folder that REPORTS_PATH names. #}
{% macro report_path(file_name) -%}
    {{ env_var('REPORTS_PATH', 'reports').rstrip('/') }}/{{ file_name }}
{%- endmacro %}
