{# The columns that an input must have, as `seeds/_seeds.yml` names them. #}
{% macro input_columns(node) -%}
    {{ return(node.columns.keys() | reject('equalto', 'source_row_number') | list) }}
{%- endmacro %}

{# Stops where a file of an input, CSV or Parquet, lacks a column, naming the file, the column and
   what was found. #}
{% macro assert_columns(node, file, found) -%}
    {%- set expected = input_columns(node) -%}
    {%- set must = ' must have ' ~ expected | join(',') -%}
    {%- if found | length == 0 -%}
        {{ exceptions.raise_compiler_error(
            file ~ ' is empty. Put the export there, with the header line ' ~ expected | join(',')
            ~ (', or remove the file' if landing() is not none else '')
        ) }}
    {%- endif -%}
    {%- set shown = [] -%}
    {%- for name in found -%}
        {%- do shown.append(visible_name(name)) -%}
    {%- endfor -%}
    {%- set missing = expected | reject('in', found) | list -%}
    {%- if missing -%}
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
                    ~ ' with commas; it' ~ must
                ) }}
            {%- endfor -%}
        {%- endfor -%}
        {{ exceptions.raise_compiler_error(
            file ~ ' has no column ' ~ missing | join(', ') ~ '. It has: ' ~ shown | join(', ')
            ~ '.' ~ (' Did you mean ' ~ meant | join(', ') ~ '?' if meant else '')
            ~ ' Rename or add what is missing; it' ~ must
        ) }}
    {%- endif -%}
    {%- for column in expected if found | select('equalto', column) | list | length > 1 -%}
        {{ exceptions.raise_compiler_error(
            file ~ ' names a column twice: ' ~ column ~ '. It has: ' ~ shown | join(', ')
            ~ '. Remove one of them'
        ) }}
    {%- endfor -%}
{%- endmacro %}

{# A name of a column without what people and programs change in one: case, blanks, underscores and
   signs that nobody sees. #}
{% macro plain_name(name) -%}
    {{ return(modules.re.sub('[^a-z0-9]', '', name | lower)) }}
{%- endmacro %}

{# A name of a column with the code points of what looks like nothing, or like another letter. #}
{% macro visible_name(name) -%}
    {%- set shown = [] -%}
    {%- for letter in name -%}
        {%- set code -%}
            <U+{{ letter.encode('utf-32-be', 'replace').hex().lstrip('0').upper().zfill(4) }}>
        {%- endset -%}
        {%- do shown.append(
            (letter if letter.isprintable() else '') ~ (code if not ' ' <= letter <= '~' else '')
        ) -%}
    {%- endfor -%}
    {{ return(shown | join) }}
{%- endmacro %}

{# How a CSV file with this header is read: the types of its columns, which are all text, by their
   names. Further columns do no harm: one without a name, or with one that an engine takes for that
   of another, is named by its place. #}
{% macro csv_types(node, header) -%}
    {%- set taken = node.columns.keys() | map('lower') | list -%}
    {%- set types = {} -%}
    {%- for name in header -%}
        {%- set is_known = name in input_columns(node) -%}
        {%- set is_clear = name and name | lower not in taken
            and not modules.re.match('column_[0-9]', name | lower) -%}
        {%- do taken.append(name | lower) -%}
        {%- set key = name if is_known or is_clear else 'column_' ~ loop.index -%}
        {%- do types.update({key: 'string'}) -%}
    {%- endfor -%}
    {{ return(types) }}
{%- endmacro %}
