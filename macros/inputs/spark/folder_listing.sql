{# A table of the files in a folder. If the folder does not exist, the table is empty; a query by
   path would be an error. Spark reads the contents only for the column `content`. Names that begin
   with `_` or `.` are left out. #}
{% macro folder_listing(folder) -%}
    {%- set table = build_schema() ~ '.files_' ~ local_md5(folder) -%}
    {%- do run_query(
        'create table if not exists ' ~ table ~ ' using binaryFile options ('
        ~ folder_options(folder) ~ ')'
    ) -%}
    {{ return(table) }}
{%- endmacro %}
