{# 1 for a figure whose absence is 0: a sum over input rows, or a flag. A ratio without a value is
   unknown. #}
{% macro is_sum(figure, explained_by) -%}
    case
        when {{ explained_by }} is not null or {{ figure }} like 'is!_%' escape '!' then 1
        else 0
    end
{%- endmacro %}
