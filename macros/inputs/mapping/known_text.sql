{# The trimmed text of a file's column; null if it is blank or a null word of the mapping. #}
{% macro known_text(column, mapping) -%}
    {%- set words = [] -%}
    {%- for word in mapping.get('null_words') or [] -%}
        {%- do words.append(sql_string('null' if word is none else word)) -%}
    {%- endfor -%}
    {%- if words -%}
        case
            when trim({{ column }}) not in ({{ words | join(', ') }}) then {{ clean_text(column) }}
        end
    {%- else -%}
        {{ clean_text(column) }}
    {%- endif -%}
{%- endmacro %}
