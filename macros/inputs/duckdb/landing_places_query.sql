{# A query for the files of a source with their positions, from 1. #}
{% macro landing_places_query(source) -%}
    select
        unnest({{ sql_list(source.files) }}) as path,
        unnest({{ sql_list(source.originals) }}) as original,
        unnest(range(1, {{ source.files | length + 1 }})) as position
{%- endmacro %}
