{# Says which checks of a test `holds` are broken, and by how many rows, at any log level. Runs in
   `on-run-end`. #}
{% macro tell_broken_checks() -%}
    {%- for result in results | default([])
        if result.status in ['fail', 'warn']
        and (result.node.test_metadata | default({})).name == 'holds' -%}
        {%- for check in run_query(result.node.compiled_code) -%}
            {%- do print(
                result.node.name ~ ': "' ~ check.broken_check ~ '" is broken, rows: '
                    ~ check.row_count
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}
