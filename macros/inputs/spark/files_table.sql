{# A statement that lets Spark read the files of a folder, as they are and where they lie, by the
   names and types of their columns. In CSV the order of the columns counts, in Parquet their names
   do. A line of CSV with too few or too many values, or with text beside the quotes of a value, is
   an error. `multiLine` keeps line breaks inside of quotes, and a file in one piece. #}
{% macro files_table(name, input, types) -%}
create table {{ name }} (
    {%- for column in types %}
    {{ adapter.quote(column) }} {{ types[column] }}{{ ',' if not loop.last }}
    {%- endfor %}
)
using {{ input.format }}
options (
    {%- if input.format == 'csv' %}
    header 'true',
    enforceSchema 'true',
    multiLine 'true',
    quote '"',
    escape '"',
    mode 'FAILFAST',
    columnPruning 'false',
    unescapedQuoteHandling 'RAISE_ERROR',
    maxCharsPerColumn '-1',
    {%- endif %}
    {{ folder_options(input.folder) }}
)
{%- endmacro %}
