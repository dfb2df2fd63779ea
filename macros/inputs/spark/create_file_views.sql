{# Makes a view of some Parquet files of a folder. A metastore limits a view to 32,000 characters,
   so many files become several views and a view of these. #}
{% macro create_file_views(name, path, columns, state) -%}
    {%- set files_per_view = 300 -%}
    {%- set parts = state.files | batch(files_per_view) | list -%}
    {%- for part in parts -%}
        {%- set suffix = '' if parts | length == 1 else '_' ~ loop.index -%}
        {%- call statement() -%}
            create or replace view raw.{{ name }}{{ suffix }} as
            select {{ columns | map(attribute=0) | join(', ') }}
            from parquet.`{{ path }}`
            where _metadata.file_name in (
                {%- for file in part -%}
                    {{ sql_string(file) }}{{ ', ' if not loop.last }}
                {%- endfor -%}
            )
        {%- endcall -%}
    {%- endfor -%}
    {%- if parts | length != 1 -%}
        {%- call statement() -%}
            create or replace view raw.{{ name }} as
            {% for part in parts %}
            select * from raw.{{ name }}_{{ loop.index }} {{ 'union all' if not loop.last }}
            {% else %}
            select
                {%- for column, kind in columns %}
                cast(null as {{ kind }}) as {{ column }}{{ ',' if not loop.last }}
                {%- endfor %}
            where false
            {% endfor %}
        {%- endcall -%}
    {%- endif -%}
{%- endmacro %}
