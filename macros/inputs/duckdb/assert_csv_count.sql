{# Stops where DuckDB read another number of rows than Python's `csv` module counted. `facts` are
   those of the file as it was counted: one that has changed since is read again by the next build.
   `path` is a quoted SQL string. #}
{% macro assert_csv_count(file_name, path, counted, facts, row_count) -%}
    {%- if counted != row_count
        and run_query('select file_facts(' ~ path ~ ')').columns[0][0] == facts -%}
        {{ exceptions.raise_compiler_error(
            file_name ~ ' holds ' ~ counted ~ ' rows, of which DuckDB made ' ~ row_count
            ~ ', so nothing of it was loaded. Write it again with quotes around all values, and'
            ~ ' report this'
        ) }}
    {%- endif -%}
{%- endmacro %}
