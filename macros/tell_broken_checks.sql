{# Says which checks of a test `holds` were broken, and by how many rows. Meant for `on-run-end`. #}
{% macro tell_broken_checks() -%}
    {%- for result in results | default([])
        if result.status in ['fail', 'warn']
        and (result.node.test_metadata | default({})).name == 'holds' -%}
        {%- for check in run_query(result.node.compiled_code) -%}
            {%- do log(
                result.node.name ~ ' fails: ' ~ check.row_count ~ ' rows break "'
                    ~ check.broken_check ~ '"',
                info=true
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}
