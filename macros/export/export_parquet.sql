{# Writes each mart of this build as a Parquet file for `<REPORTS_PATH>/parquet/`, in the order of
   its rows. `publish_reports` puts it there. #}
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
