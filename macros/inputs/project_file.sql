{# The text of `dbt_project.yml`, which dbt does not give to macros. #}
{% macro project_file() -%}
    {{ return(adapter.dispatch('project_file')()) }}
{%- endmacro %}

{% macro duckdb__project_file() -%}
    {%- set path = invocation_args_dict.project_dir ~ '/dbt_project.yml' -%}
    {%- set found = run_query('select content from read_text(' ~ files_to_read([path]) ~ ')') -%}
    {{ return(found.columns[0][0]) }}
{%- endmacro %}

{# Spark reads files of the cluster, so only the vars of the command line are checked. #}
{% macro spark__project_file() -%}
    {{ return('') }}
{%- endmacro %}
