{# `passed` if this run includes every data test of the project: a report is built only after the
   tests before it passed. `partial` if some are left out, by `--select` or by a command without
   tests. #}
{% macro quality_status() -%}
    {%- if execute -%}
        {%- set tests = graph.nodes.values() | selectattr('resource_type', 'equalto', 'test') -%}
        {%- set left_out = tests | map(attribute='unique_id') | reject('in', selected_resources) -%}
        {{ 'passed' if flags.WHICH == 'build' and left_out | list | length == 0 else 'partial' }}
    {%- endif -%}
{%- endmacro %}
