{# Whether the absence of a kept figure is 0: it is a sum over input rows, or a flag. A ratio
   without a value is unknown. #}
{% macro is_sum(figure, explained_by) -%}
    {{ return(explained_by is not none or figure.startswith('is_')) }}
{%- endmacro %}
