{# A list of the full paths of files, in any order. `folder` is literal; `pattern` is a glob, in
   which `**` matches any number of folders. #}
{% macro files_like(folder, pattern) -%}
    {{ return(adapter.dispatch('files_like')(folder, pattern)) }}
{%- endmacro %}

{# The glob is matched with the path below the folder, which need not exist. The folder is listed
   once for all globs of a seed. #}
{% macro spark__files_like(folder, pattern) -%}
    {%- set name = 'files of ' ~ folder -%}
    {%- set kept = load_result(name) -%}
    {%- set listing = kept.table if kept else run_query(
        'select path from ' ~ folder_listing(folder)
    ) -%}
    {%- do store_result(name, response='listed', agate_table=listing) -%}
    {%- set paths = listing.columns[0].values() -%}
    {%- set files = [] -%}
    {%- for path in paths -%}
        {%- set below = bare_path(path)[bare_path(folder) | length:] -%}
        {%- if modules.re.fullmatch(glob_as_regex(pattern), below) -%}
            {%- do files.append(folder ~ below) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(files) }}
{%- endmacro %}

{% macro duckdb__files_like(folder, pattern) -%}
    {%- set found = run_query(
        'select file from glob(' ~ sql_string(as_glob(folder) ~ pattern) ~ ')'
    ) -%}
    {{ return(found.columns[0].values() | list) }}
{%- endmacro %}
