{# The text among `others` that differs from `text` in the fewest letters. #}
{% macro nearest_text(text, others) -%}
    {%- set distances = [] -%}
    {%- for other in others -%}
        {%- do distances.append(
            'select ' ~ sql_string(other) ~ ' as other, levenshtein(' ~ sql_string(other) ~ ', '
            ~ sql_string(text) ~ ') as distance'
        ) -%}
    {%- endfor -%}
    {%- set sorted = run_query(distances | join(' union all ') ~ ' order by distance, other') -%}
    {{ return(sorted.columns[0][0]) }}
{%- endmacro %}
