{# Prepares the CSV files of a source with a mapping: finds their delimiter and encoding, unless the
   mapping names them. #}
{% macro make_readable(source) -%}
    {%- set given = source.mapping.get('delimiter') -%}
    {%- do source.update({'delimiter': '\t' if given == 'tab' else given}) -%}
    {{ adapter.dispatch('make_readable')(source) }}
{%- endmacro %}

{# Files in another encoding than UTF-8 are read from a copy. #}
{% macro duckdb__make_readable(source) -%}
    {%- set files, shown = [], {} -%}
    {%- for file in source.originals -%}
        {%- set readable = fromjson(run_query(
            'select utf8_csv(' ~ sql_string(file) ~ ', '
            ~ sql_string(source.mapping.get('encoding') or '') ~ ')'
        ).columns[0][0]) -%}
        {%- if readable.fault -%}
            {{ exceptions.raise_compiler_error(source.shown[file] ~ ' ' ~ readable.fault) }}
        {%- endif -%}
        {%- do files.append(readable.path) -%}
        {%- do shown.update({readable.path: source.shown[file]}) -%}
        {%- if not source.delimiter -%}
            {%- do source.update({'delimiter': readable.delimiter}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do source.update({'files': files, 'shown': shown}) -%}
{%- endmacro %}

{# Spark reads every encoding in place. The first line of the first file tells encoding and
   delimiter. #}
{% macro spark__make_readable(source) -%}
    {%- set names = {'utf-8': 'UTF-8', 'utf-16': 'UTF-16', 'latin-1': 'ISO-8859-1'} -%}
    {%- set given = source.mapping.get('encoding') -%}
    {%- if given and given not in names -%}
        {{ exceptions.raise_compiler_error(
            'Spark does not read the encoding ' ~ given ~ ' of ' ~ source.origin
            ~ '. Export it as UTF-8'
        ) }}
    {%- endif -%}
    {%- set line = run_query(first_line_query(source.files[0], source.folder)).rows[0] -%}
    {%- set encoding = 'UTF-16' if line[0] else names[given or 'utf-8'] -%}
    {%- do source.update({'encoding': encoding}) -%}
    {%- if not source.delimiter -%}
        {%- set counts = [] -%}
        {%- for mark in [',', ';', '\t', '|'] -%}
            {%- do counts.append((csv_names(line[1], mark) | length, -loop.index, mark)) -%}
        {%- endfor -%}
        {%- do source.update({'delimiter': (counts | max)[2]}) -%}
    {%- endif -%}
{%- endmacro %}
