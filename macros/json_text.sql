{# The text of a member of a JSON object: of a string what it says, of anything else its JSON. Null
   where the column is no JSON, no object, or has no such member; no content of the column is an
   error. `key` is a plain name. #}
{% macro json_text(column, key) -%}
    {{ adapter.dispatch('json_text')(column, key) }}
{%- endmacro %}

{% macro duckdb__json_text(column, key) -%}
    json_extract_string(try_cast({{ column }} as json), '$.{{ key }}')
{%- endmacro %}

{% macro spark__json_text(column, key) -%}
    get_json_object({{ column }}, '$.{{ key }}')
{%- endmacro %}
