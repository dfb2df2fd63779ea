{# The facts of `csv_facts_query` for files in another encoding than UTF-8, whose lines Spark cannot
   read as text: the header alone. #}
{% macro encoded_facts_query(source) -%}
    select
        {{ path_of_row() }} as path,
        regexp_substr(decode(content, '{{ source.encoding }}'), '[^\r\n]+') as header,
        cast(null as string) as fault,
        false as may_differ
    from {{ folder_listing(source.folder) }}
    where {{ is_row_of(source.files) }}
{%- endmacro %}
