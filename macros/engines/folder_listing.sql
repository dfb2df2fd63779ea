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

{# A table of the files in a folder, which Spark may not find: asked for as a table, and not by its
   path, it then has no rows, and that is no error. Their contents are only read where the column
   `content` is asked for. Names that begin with `_` or `.` are left out. #}
{% macro folder_listing(folder) -%}
    {%- set table = build_schema() ~ '.files_' ~ local_md5(folder) -%}
    {%- do run_query(
        'create table if not exists ' ~ table ~ ' using binaryFile options ('
        ~ folder_options(folder) ~ ')'
    ) -%}
    {{ return(table) }}
{%- endmacro %}

{# The regular expression of a glob, in which `**` stands for any number of folders. #}
{% macro glob_as_regex(pattern) -%}
    {%- set regex = [] -%}
    {%- for token in modules.re.findall('/[*][*]/|[*]+|[?]|\\[[^]]+\\]|[^*?[/]+|.', pattern) -%}
        {%- if token == '/**/' -%}
            {%- do regex.append('/(?:.*/)?') -%}
        {%- elif token == '*' -%}
            {%- do regex.append('[^/]*') -%}
        {%- elif token.startswith('*') -%}
            {%- do regex.append('.*') -%}
        {%- elif token == '?' -%}
            {%- do regex.append('[^/]') -%}
        {%- elif token.startswith('[') and token | length > 2 -%}
            {%- do regex.append(token.replace('[!', '[^')) -%}
        {%- else -%}
            {%- do regex.append(modules.re.escape(token)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return('(?s:' ~ regex | join ~ ')') }}
{%- endmacro %}

{# A path without the scheme and the host, which Spark and users write in several ways. #}
{% macro bare_path(path) -%}
    {{ return(modules.re.sub('^[^:/]+:(//[^/]*)?', '', path)) }}
{%- endmacro %}

{# In SQL: the bare path of the file that a row is from. Spark has it as a URL. #}
{% macro path_of_row() -%}
    regexp_replace(
        url_decode(replace(_metadata.file_path, '+', '%2B')), '^[^:/]+:(//[^/]*)?', ''
    )
{%- endmacro %}

{# In SQL: whether a row is from one of these files. At planning, Spark leaves out all others, which
   may be anything and are not opened. #}
{% macro is_row_of(files) -%}
    {{ path_of_row() }} in (
        {%- for file in files %}
        {{ sql_string(bare_path(file)) }}{{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
