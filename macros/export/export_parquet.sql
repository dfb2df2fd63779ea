{# Writes each mart of this build to a Parquet file, in the order of its rows. `publish_reports`
   moves the files to `<REPORTS_PATH>/parquet/`. #}
{% macro export_parquet() -%}
    {%- for result in results if result.node.resource_type == 'model'
        and result.node.fqn[1] == 'marts' and result.status == 'success' -%}
        {%- do run_query(
            'copy (from ' ~ result.node.relation_name ~ ') to '
            ~ sql_string(report_path(result.node.name ~ '.parquet.next'))
            ~ ' (format parquet, use_tmp_file false)'
        ) -%}
    {%- endfor -%}
{%- endmacro %}
