{# True for a time that a build with var `as_of_date` knows: on that day, before it, or unreadable.
   Without the var, a build knows all. #}
{% macro until_as_of(time_column) -%}
    {%- if var('as_of_date') is none -%}
        true
    {%- else -%}
        coalesce(cast({{ time_column }} as date) <= {{ as_of_date() }}, true)
    {%- endif -%}
{%- endmacro %}
