{# One SQL script, because each statement sent to the server takes a good part of a second. #}
{% macro publishing_script(views) -%}
begin
    {%- for schema, name in views %}
    create or replace view {{ schema }}.{{ name }} as
    select * from {{ build_schema() }}.{{ name }};
    {%- endfor %}
end
{%- endmacro %}
