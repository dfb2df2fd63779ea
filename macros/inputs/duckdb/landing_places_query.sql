{# A query for the files of an input with their positions, from 1. #}
{% macro landing_places_query(landed) -%}
    {%- set paths = sql_list(landed.files) -%}
    select
        unnest({{ paths }}) as path,
        unnest(range(1, {{ landed.files | length + 1 }})) as position
{%- endmacro %}
