{# What is wrong with the mapping of an input in var `inputs`; blank if nothing is. #}
{% macro mapping_fault(node, mapping) -%}
    {%- set keys = [
        'preset', 'path', 'format', 'delimiter', 'encoding', 'timezone', 'decimal', 'thousands',
        'null_words', 'columns',
    ] -%}
    {%- if mapping is not mapping -%}
        {{ return('is no mapping with keys such as preset and path') }}
    {%- endif -%}
    {%- for key in mapping if key not in keys -%}
        {{ return(unknown('key', key, keys)) }}
    {%- endfor -%}
    {%- set presets = input_presets(node).keys() | list -%}
    {%- if mapping.get('preset', 'gamehouse') not in presets -%}
        {{ return(unknown('preset', mapping.preset, presets)) }}
    {%- endif -%}
    {%- set allowed = {
        'format': ['csv', 'parquet'],
        'encoding': ['utf-8', 'utf-16', 'latin-1', 'windows-1252'],
        'decimal': ['.', ','],
        'thousands': ['.', ',', ' ', "'"],
        'timezone': modules.pytz.all_timezones,
    } -%}
    {%- for key, values in allowed.items() if key in mapping and mapping[key] not in values -%}
        {%- set most = values if values | length < 9 else ['UTC', 'Europe/Berlin'] -%}
        {{ return(
            key ~ ' is ' ~ mapping[key] | tojson ~ ', not ' ~ most | map('tojson') | join(' or ')
            ~ (' or another IANA name' if most != values else '')
        ) }}
    {%- endfor -%}
    {%- if mapping.get('decimal') and mapping.decimal == mapping.get('thousands') -%}
        {{ return('decimal and thousands are the same') }}
    {%- endif -%}
    {%- for key in ['path', 'delimiter'] if key in mapping and mapping[key] is not string -%}
        {{ return(key ~ ' is no text') }}
    {%- endfor -%}
    {%- if mapping.get('delimiter', ',') | length != 1 and mapping.delimiter != 'tab' -%}
        {{ return('delimiter is ' ~ mapping.delimiter | tojson ~ ', not one character or tab') }}
    {%- endif -%}
    {%- set words = mapping.get('null_words', []) -%}
    {%- if words is string or words is not sequence -%}
        {{ return('null_words is no list') }}
    {%- endif -%}
    {%- set columns = mapping.get('columns', {}) -%}
    {%- if columns is not mapping -%}
        {{ return('columns is no mapping of columns to header names') }}
    {%- endif -%}
    {%- set known = input_columns(node) + optional_columns(node) -%}
    {%- for column, spec in columns.items() -%}
        {%- if column not in known -%}
            {{ return(unknown('column', column, known)) }}
        {%- endif -%}
        {%- set fault = value_fault(spec) -%}
        {%- if fault -%}
            {{ return('column ' ~ column ~ ' ' ~ fault) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return('') }}
{%- endmacro %}
