{# The folder of the project. The `root_path` of a node does not lead there, because dbt's parse
   cache keeps it when the project moves. #}
{% macro project_path() -%}
    {{ return(invocation_args_dict.project_dir) }}
{%- endmacro %}
