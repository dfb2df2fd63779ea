{# One count divided by another; null if the other is below var quality_min_rows, because the share
   would mostly be chance. #}
{% macro share_of(part, whole) -%}
    case
        when {{ whole }} >= {{ var('quality_min_rows') }}
            then cast({{ part }} as double) / cast({{ whole }} as double)
    end
{%- endmacro %}
