{# Stops the build if a file lacks a column that its mapping reads, or has it twice. #}
{% macro assert_mapped_columns(node, mapping, file, header) -%}
    {%- set mapped = mapped_columns(node, mapping, header) -%}
    {%- set remedy = ' Export the file with it, or correct `columns` of ' ~ node.name
        ~ ' in var inputs (docs/inputs.md)' -%}
    {%- for column, names in mapped.missing.items() -%}
        {%- set preset = mapping.get('preset', 'gamehouse') -%}
        {%- set fitting = fitting_preset(node, header) -%}
        {{ exceptions.raise_compiler_error(
            file ~ ' has no column ' ~ names | unique | join(' or ') ~ ', which gives ' ~ column
            ~ (' in the preset ' ~ preset if column not in mapping.own_columns else '')
            ~ '. It has: ' ~ visible_names(header) ~ '.'
            ~ (declare_preset(node, fitting) if fitting and fitting != preset else remedy)
        ) }}
    {%- endfor -%}
    {%- if mapped.twice -%}
        {{ exceptions.raise_compiler_error(
            file ~ ' names a column twice: ' ~ mapped.twice | unique | join(', ')
            ~ ' (case, spaces and underscores do not matter). Remove or rename one of them'
        ) }}
    {%- endif -%}
{%- endmacro %}
