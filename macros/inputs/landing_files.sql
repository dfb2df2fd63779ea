{# Inputs that are not the files in `seeds/` but any number of CSV or Parquet files elsewhere, read
   in place. Which files belong to an input and what is said of those that do not fit is the same on
   every engine and stands here; `files_like`, which lists files, is the engine's.

   Where they are: var `landing`, or else LANDING of the environment; none where neither is set. #}
{% macro landing() -%}
    {{ return(var('landing') or env_var('LANDING', '') or none) }}
{%- endmacro %}

{# The files of an input, as `landing_files` has them; without `landing`, the one in `seeds/`.
   `origin` says in words where they are from, and `shown` has the name of each in messages. #}
{% macro input_files(node) -%}
    {%- if landing() is none -%}
        {%- set path = seed_path(node) -%}
        {{ return({
            'folder': modules.re.sub('/[^/]*$', '', path), 'files': [path], 'format': 'csv',
            'origin': node.original_file_path, 'shown': {path: node.original_file_path},
        }) }}
    {%- endif -%}
    {%- set input = landing_files(node) -%}
    {%- set is_one = input.files | length == 1 -%}
    {%- do input.update({
        'origin': input.files[0] if is_one else input.folder ~ '/**.' ~ input.format,
        'shown': dict(zip(input.files, input.files)),
    }) -%}
    {{ return(input) }}
{%- endmacro %}

{# The files of an input: `folder`, whose names are taken as they are, `files`, their full paths in
   the order in which their rows are numbered, and `format`, csv or parquet. Stops where there are
   none, and where there are several that could be meant.

   In a folder L, the input `sessions` is L/sessions.csv, or L/sessions.parquet, or all *.csv or all
   *.parquet at any depth of L/sessions. A mapping names a file, a folder or a glob for each
   input. Names that begin with `_` or `.` are left out of folders and globs: engines write so what
   is not finished or not data. #}
{% macro landing_files(node) -%}
    {%- set given = landing() -%}
    {%- set deep = ['/**/*.csv', '/**/*.parquet'] -%}
    {%- if given is string -%}
        {%- set folder = full_path(given, node) -%}
        {%- set below = '/' ~ node.name -%}
        {%- set patterns = [
            below ~ '.csv', below ~ '.parquet', below ~ deep[0], below ~ deep[1]
        ] -%}
    {%- else -%}
        {%- set path = full_path(given[node.name], node) -%}
        {%- if modules.re.search('[.](csv|parquet)$', path) -%}
            {#- up to the last slash before the first sign of a glob -#}
            {%- set folder = modules.re.match('[^*?[]*(?=/)', path).group() -%}
            {%- set patterns = [path[folder | length:]] -%}
        {%- else -%}
            {%- set folder, patterns = path, deep -%}
        {%- endif -%}
    {%- endif -%}

    {%- set found = [] -%}
    {%- for pattern in patterns -%}
        {%- set files = [] -%}
        {%- for file in files_like(folder, pattern)
            if '*' not in pattern or not modules.re.search('/[._]', file[folder | length:]) -%}
            {%- do files.append(file) -%}
        {%- endfor -%}
        {%- if files -%}
            {%- do found.append({
                'folder': folder, 'files': files | sort(case_sensitive=true),
                'format': pattern.split('.')[-1],
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if found | length == 0 -%}
        {%- do raise_landing_missing(node, folder, patterns) -%}
    {%- elif found | length > 1 -%}
        {{ exceptions.raise_compiler_error(
            'Landing has more than one ' ~ node.name ~ ': ' ~ found[0].files[0] ~ ' and '
            ~ found[1].files[0] ~ '. Leave one of them there'
        ) }}
    {%- endif -%}
    {{ return(found[0]) }}
{%- endmacro %}

{# A path as a full one, without a slash at its end; relative ones count from the project. #}
{% macro full_path(path, node) -%}
    {%- set is_full = path.startswith('/') or '://' in path -%}
    {{ return((path if is_full else node.root_path ~ '/' ~ path).rstrip('/')) }}
{%- endmacro %}

{# The full paths of files, in any order: `folder` is taken as it stands, `pattern` is a glob in
   which `**` stands for any number of folders; an empty list where there are none. #}
{% macro files_like(folder, pattern) -%}
    {{ return(adapter.dispatch('files_like')(folder, pattern)) }}
{%- endmacro %}

{% macro duckdb__files_like(folder, pattern) -%}
    {%- set found = run_query(
        'select file from glob(' ~ sql_string(as_glob(folder) ~ pattern) ~ ')'
    ) -%}
    {{ return(found.columns[0].values() | list) }}
{%- endmacro %}

{# A path as a glob that means just it. #}
{% macro as_glob(path) -%}
    {{ return(modules.re.sub('([*?[])', '[\\1]', path)) }}
{%- endmacro %}

{# Stops with what there should be for an input. #}
{% macro raise_landing_missing(node, folder, patterns) -%}
    {%- set wanted = [] -%}
    {%- for pattern in patterns -%}
        {%- do wanted.append(folder ~ pattern) -%}
    {%- endfor -%}
    {%- set missing -%}
        {%- if files_like(folder, '/**') -%}
            Landing has no {{ node.name }}: there is no file {{ wanted | join(' or ') }}.
        {%- else -%}
            Landing has no {{ node.name }}: the folder {{ folder }} does not exist, or it is empty.
        {%- endif -%}
    {%- endset -%}
    {{ exceptions.raise_compiler_error(
        missing ~ ' Put the export there, with the columns ' ~ input_columns(node) | join(',')
        ~ ', or let var landing (or the environment variable LANDING) say where it is'
    ) }}
{%- endmacro %}
