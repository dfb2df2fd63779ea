{# Stops the build if DuckDB reads another number of rows than Python's `csv` module counts. `facts`
   are those of the counted file: if the file has changed since, the next build reads it again.
   `path` is a quoted SQL string. #}
{% macro assert_csv_count(file_name, path, counted, facts, row_count) -%}
    {%- if counted != row_count
        and run_query('select file_facts(' ~ path ~ ')').columns[0][0] == facts -%}
        {{ exceptions.raise_compiler_error(
            file_name ~ ' has ' ~ counted ~ ' rows, but DuckDB reads ' ~ row_count
            ~ ', so none of them is loaded. Export it again with quotes around all values, and'
            ~ ' report this as a bug'
        ) }}
    {%- endif -%}
{%- endmacro %}
