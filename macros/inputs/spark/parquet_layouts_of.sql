{# A query for the positions of some files, from 1, and the names and types of their columns. #}
{% macro parquet_layouts_of(files) -%}
    {%- for file in files %}
    select
        {{ loop.index }} as place,
        typeof(struct(file_row.*)) as layout
    from (select 1) as one_row
    left join {{ one_parquet_file(file) }} as file_row
        on false
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    order by place
{%- endmacro %}
