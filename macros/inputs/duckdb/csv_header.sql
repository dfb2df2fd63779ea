{# The column names in the first row of a CSV file; an empty list where there is none. `path` and
   `delimiter` are quoted SQL strings. #}
{% macro csv_header(path, delimiter) -%}
    {{ return(fromjson(
        run_query('select csv_header(' ~ path ~ ', ' ~ delimiter ~ ')').rows[0][0]
    )) }}
{%- endmacro %}
