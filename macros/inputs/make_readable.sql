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
