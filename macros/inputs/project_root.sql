{# The folder of the project, in which `node` is. Its `root_path` can be that of another copy of the
   project: dbt's parse cache keeps it. It only stands in for a relative `--project-dir`. #}
{% macro project_root(node) -%}
    {%- set given = invocation_args_dict.project_dir | string -%}
    {{ return(given if given.startswith('/') else node.root_path) }}
{%- endmacro %}
