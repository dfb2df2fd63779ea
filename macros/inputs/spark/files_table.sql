{# A statement that makes a table over the files of a folder, read in place. CSV columns are found
   by position, Parquet columns by name. A CSV line with too few or too many values, or with text
   next to the quotes of a value, is an error. `multiLine` allows line breaks inside of quotes and
   keeps a file in one piece. #}
{% macro files_table(name, source, types) -%}
create table {{ name }} (
    {%- for column in types %}
    {{ adapter.quote(column) }} {{ types[column] }}{{ ',' if not loop.last }}
    {%- endfor %}
)
using {{ source.format }}
options (
    {%- if source.format == 'csv' %}
    header 'true',
    enforceSchema 'true',
    multiLine 'true',
    sep {{ sql_string(source.delimiter) }},
    encoding '{{ source.get('encoding', 'UTF-8') }}',
    quote '"',
    escape '"',
    mode 'FAILFAST',
    columnPruning 'false',
    unescapedQuoteHandling 'RAISE_ERROR',
    maxCharsPerColumn '-1',
    {%- endif %}
    {{ folder_options(source.folder) }}
)
{%- endmacro %}
