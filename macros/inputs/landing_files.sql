{# The files of an input at the `path` of its mapping or in `landing`: `folder`, a literal path;
   `files`, their full paths in the order in which their rows are numbered; and `format`, csv or
   parquet. Stops the build if there are none, or if the choice is ambiguous; an optional input
   that `landing` lacks is none.

   In a folder L, the input `sessions` is L/sessions.csv, or L/sessions.parquet, or all *.csv or
   all *.parquet at any depth of L/sessions. A path is a file, a folder or a glob. Folders and
   globs leave out names that begin with `_` or `.`, which engines give to unfinished files and
   metadata. #}
{% macro landing_files(node, mapping) -%}
    {%- set own_path = mapping.path if mapping else none -%}
    {%- set own_format = mapping.get('format') if mapping else none -%}
    {%- set given = {node.name: own_path} if own_path else landing() -%}
    {%- set deep = ['/**/*.csv', '/**/*.parquet'] -%}
    {%- if given is string -%}
        {%- set folder = full_path(given) -%}
        {%- set below = '/' ~ node.name -%}
        {%- set patterns = [
            below ~ '.csv', below ~ '.parquet', below ~ deep[0], below ~ deep[1]
        ] -%}
    {%- elif node.name not in given -%}
        {{ return(none) }}
    {%- else -%}
        {%- set path = full_path(given[node.name]) -%}
        {%- if modules.re.search('[.](csv|tsv|txt|parquet)$', path)
            or own_format and modules.re.search('[.*?][^/]*$', path) -%}
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
                'format': own_format or ('parquet' if pattern.endswith('.parquet') else 'csv'),
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if found | length == 0 and node.config.meta.get('optional') and not own_path -%}
        {{ return(none) }}
    {%- elif found | length == 0 -%}
        {%- do raise_landing_missing(node, folder, patterns, own_path) -%}
    {%- elif found | length > 1 -%}
        {{ exceptions.raise_compiler_error(
            'Landing has more than one ' ~ node.name ~ ': ' ~ found[0].files[0] ~ ' and '
            ~ found[1].files[0] ~ '. Remove one of them'
        ) }}
    {%- endif -%}
    {{ return(found[0]) }}
{%- endmacro %}
