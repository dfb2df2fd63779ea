{# The share that a count has of another; null where that one is below var quality_min_rows and a
   share would mostly be chance. #}
{% macro share_of(part, whole) -%}
    case
        when {{ whole }} >= {{ var('quality_min_rows') }}
            then cast({{ part }} as double) / cast({{ whole }} as double)
    end
{%- endmacro %}
