{# A query for the files of an input: path, name in its folder, position, number of rows, number of
   rows before it, and hash. An executor must hold a file in memory to hash it, so large files have
   no hash. #}
{% macro input_files_query(sources, parts) -%}
    {%- set places = [] -%}
    {%- for source in sources -%}
        {%- for file in source.files -%}
            {%- do places.append((file, file[source.folder | length + 1:])) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set max_hashed_bytes = 100000000 -%}
    with

    listed as (
        select *
        from values
            {%- for file, name in places %}
            (
                {{ sql_string(bare_path(file)) }},
                {{ sql_string(name) }},
                {{ loop.index }}
            ){{ ',' if not loop.last }}
            {%- endfor %}
            as listed (path, name, position)
    ),

    file_rows as (
        {%- for part in parts %}
        select {{ path_of_row() }} as path
        from {{ part.table }}
        where {{ is_row_of(part.files) }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ),

    counted as (
        select
            path,
            count(*) as row_count
        from file_rows
        group by path
    ),

    hashed as (
        {%- for source in sources %}
        select
            {{ path_of_row() }} as path,
            sha2(content, 256) as sha256
        from {{ folder_listing(source.folder) }}
        where
            length <= {{ max_hashed_bytes }}
            and {{ is_row_of(source.files) }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    )

    select
        listed.path,
        listed.name,
        listed.position,
        coalesce(counted.row_count, 0) as row_count,
        coalesce(sum(counted.row_count) over (order by listed.position), 0)
        - coalesce(counted.row_count, 0) as rows_before,
        hashed.sha256
    from listed
    left join counted
        on listed.path = counted.path
    left join hashed
        on listed.path = hashed.path
{%- endmacro %}
