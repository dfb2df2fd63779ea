{# The full paths of files, in any order: `folder` is taken as it stands, `pattern` is a glob in
   which `**` stands for any number of folders; an empty list where there are none. #}
{% macro files_like(folder, pattern) -%}
    {{ return(adapter.dispatch('files_like')(folder, pattern)) }}
{%- endmacro %}

{# On Spark: those files in a folder, at any depth, whose path below it the glob matches. The folder
   need not exist. It is listed once for all globs, and dbt keeps the result for the seed. #}
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
