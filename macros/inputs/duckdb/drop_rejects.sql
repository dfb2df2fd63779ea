{# Drops the reject tables of a scan. They live as long as the connection, so a second scan would
   add to them. #}
{% macro drop_rejects(rejects) -%}
    {%- do run_query('drop table if exists temp.' ~ rejects) -%}
    {%- do run_query('drop table if exists temp.' ~ rejects ~ '_scan') -%}
{%- endmacro %}
