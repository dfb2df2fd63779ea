{# Stops the build if a CSV file has invalid lines, or if DuckDB reads another number of rows than
   Python. Each file is a scan of its own: with many files and few threads, DuckDB (1.5.6) misses
   unclosed quotes and drops the rows after them. The scan counts every column, because DuckDB
   checks UTF-8 only in columns that it reads. #}
{% macro assert_csv_files(node, source, files) -%}
    {%- set rejects = node.name ~ '_rejects' -%}
    {%- do drop_rejects(rejects) -%}
    {%- set row_counts = [] -%}
    {%- set known = run_query(
        'select path, layout, row_count, facts from ' ~ files
        ~ ' where list_contains(' ~ sql_list(source.files) ~ ', path) order by position'
    ).rows -%}
    {%- for row in known -%}
        {%- do row_counts.append(run_query(
            'select count(*), count(columns(*)) from read_csv(' ~ files_to_read([row[0]]) ~ ', '
            ~ csv_options(
                csv_types(node, source.mapping, fromjson(row[1])), source.delimiter, rejects
            ) ~ ')'
        ).columns[0][0] | int) -%}
    {%- endfor -%}
    {%- do assert_csv_lines(source.shown, rejects) -%}
    {%- do drop_rejects(rejects) -%}
    {%- for row in known -%}
        {%- do assert_csv_count(
            source.shown[row[0]], sql_string(row[0]), row[2], row[3], row_counts[loop.index0]
        ) -%}
    {%- endfor -%}
{%- endmacro %}
