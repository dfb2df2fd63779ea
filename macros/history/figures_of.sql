{# A query for the figures of a mart that history keeps, one row each. Of a sum, zeros are not kept:
   whether a campaign that earned nothing has a row says nothing. #}
{% macro figures_of(mart) -%}
    {%- for figure, explained_by in mart.figures.items() %}
    {%- set is_flag = figure.startswith('is_') %}
    {%- set number = 'cast(' ~ figure ~ ' as integer)' if is_flag else figure %}
    {%- set value = 'try_cast(' ~ number ~ ' as decimal(36, 8))' %}
    select
        '{{ mart.mart }}' as mart,
        '{{ figure }}' as figure,
        {{ mart.key or 'cast(null as ' ~ type_string() ~ ')' }} as figure_key,
        {{ mart.date }} as activity_date,
        {{ 'nullif(' ~ value ~ ', 0)' if is_sum(figure, explained_by) else value }} as figure_value
    from {{ ref(mart.mart) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
