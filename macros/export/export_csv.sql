{# Writes a report model to a CSV file, as `export_json` writes JSON, in the order of `order_by`.
   Only DuckDB does: a Spark cluster cannot write a file on this machine. #}
{% macro export_csv(file_name, order_by) -%}
    {%- if execute and writes_reports() and target.type == 'duckdb' %}
copy (from {{ this }} order by {{ order_by | join(', ') }})
to {{ sql_string(report_path(file_name) ~ '.next') }} (format csv, header, use_tmp_file false)
    {%- endif -%}
{%- endmacro %}
