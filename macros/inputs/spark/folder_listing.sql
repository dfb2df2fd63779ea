{# A table of the files in a folder, which Spark may not find: asked for as a table, and not by its
   path, it then has no rows, and that is no error. Their contents are only read where the column
   `content` is asked for. Names that begin with `_` or `.` are left out. #}
{% macro folder_listing(folder) -%}
    {%- set table = build_schema() ~ '.files_' ~ local_md5(folder) -%}
    {%- do run_query(
        'create table if not exists ' ~ table ~ ' using binaryFile options ('
        ~ folder_options(folder) ~ ')'
    ) -%}
    {{ return(table) }}
{%- endmacro %}
