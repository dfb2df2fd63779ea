{# A query for the files of all sources of an input. `source` is the number of the source from 0,
   and `position` counts over all of them. #}
{% macro files_query(sources) -%}
    {%- set earlier = [] -%}
    {%- for source in sources %}
    select
        {{ loop.index0 }} as source,
        {{ earlier | sum }} + position as position,
        path,
        name,
        sha256,
        layout,
        row_count,
        {{ 'facts' if source.format == 'csv' else 'cast(null as string)' }} as facts
    from (
        {{- csv_files_query(source) if source.format == 'csv' else parquet_files_query(source) -}}
    ) as source_file
    {{ 'union all' if not loop.last }}
        {%- do earlier.append(source.files | length) -%}
    {%- endfor -%}
{%- endmacro %}
