{# Prints which checks of a test `holds` are broken, and by how many rows, and the messages of a
   test whose meta names a column that `tells` them, at any log level. Runs in `on-run-end`. #}
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
    {%- for result in results | default([])
        if result.status in ['fail', 'warn'] and result.node.config.meta.tells is defined -%}
        {%- for row in run_query(result.node.compiled_code) -%}
            {%- do print(result.node.name ~ ': ' ~ row[result.node.config.meta.tells]) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}
