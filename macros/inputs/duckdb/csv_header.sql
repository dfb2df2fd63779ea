{# The column names in the first row of a CSV file; an empty list where there is none. `path` is a
   quoted SQL string. #}
{% macro csv_header(path) -%}
    {{ return(fromjson(run_query('select csv_header(' ~ path ~ ')').rows[0][0])) }}
{%- endmacro %}
