{# Stops the build if a CSV or Parquet file of an input lacks a column. The error names the file,
   the column and the columns found. `mapping` is that of the file in var `inputs`, or none. #}
{% macro assert_columns(node, mapping, file, found) -%}
    {%- set expected = input_columns(node) -%}
    {%- set must = ' must have ' ~ expected | join(',') -%}
    {%- if found | length == 0 -%}
        {{ exceptions.raise_compiler_error(
            file ~ ' is empty. Put the export there, with the header line ' ~ expected | join(',')
            ~ (', or remove the file' if landing() is not none else '')
        ) }}
    {%- endif -%}
    {%- if mapping is not none -%}
        {{ return(assert_mapped_columns(node, mapping, file, found)) }}
    {%- endif -%}
    {%- set missing = expected | reject('in', found) | list -%}
    {%- if missing -%}
        {%- for mark in [',', ';', '\t', '|'] -%}
            {%- set names = (found | join(',')).split(mark) if mark != ',' else found -%}
            {%- set preset = fitting_preset(node, names) -%}
            {%- if preset and preset != 'gamehouse' -%}
                {{ exceptions.raise_compiler_error(
                    file ~ ' has no column ' ~ missing | join(', ') ~ '. It has: '
                    ~ visible_names(names) ~ '.' ~ declare_preset(node, preset)
                ) }}
            {%- endif -%}
        {%- endfor -%}
        {%- set meant = [] -%}
        {%- for column in missing -%}
            {%- for name in found if plain_name(name) == plain_name(column) -%}
                {%- do meant.append(column ~ ' by ' ~ visible_name(name)) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- for mark, mark_name in [(';', ';'), ('\t', 'tabs'), ('|', '|')]
            if missing == expected and mark in found | join(',') -%}
            {%- for name in (found | join(',')).split(mark)
                if plain_name(name) in expected | map('replace', '_', '') -%}
                {{ exceptions.raise_compiler_error(
                    file ~ ' is separated by ' ~ mark_name ~ ' and not by commas. Export it again'
                    ~ ' with commas; it' ~ must ~ '. Or declare the file in var inputs, which finds'
                    ~ ' the separator (docs/inputs.md)'
                ) }}
            {%- endfor -%}
        {%- endfor -%}
        {{ exceptions.raise_compiler_error(
            file ~ ' has no column ' ~ missing | join(', ') ~ '. It has: ' ~ visible_names(found)
            ~ '.' ~ (' Did you mean ' ~ meant | join(', ') ~ '?' if meant else '')
            ~ ' Rename or add what is missing; it' ~ must
        ) }}
    {%- endif -%}
    {%- for column in expected if found | select('equalto', column) | list | length > 1 -%}
        {{ exceptions.raise_compiler_error(
            file ~ ' names a column twice: ' ~ column ~ '. It has: ' ~ visible_names(found)
            ~ '. Remove one of them'
        ) }}
    {%- endfor -%}
{%- endmacro %}
