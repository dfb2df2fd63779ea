{# How a CSV file with columns of these types is read. With `rejects`, lines that are no CSV go to
   the table of that name; without, they are an error.

   Without `parallel = false`, DuckDB (1.5.6) reads a file in pieces of 8,000,000 bytes, on one
   thread, too, and guesses where the first row of a piece begins: at a line break in a value it
   makes rows of what is in the value. With it, a last row whose quotes never close is left out
   without a word; `csv_fault` finds that before. #}
{% macro csv_options(types, rejects=none) -%}
    auto_detect = false,
    header = true,
    delim = ',',
    quote = '"',
    escape = '"',
    encoding = 'utf-8',
    parallel = false,
    columns = { {%- for column in types -%}
        {{ sql_string(column) }}: {{ sql_string(types[column]) }}{{ ', ' if not loop.last }}
    {%- endfor -%} }
    {%- if rejects is not none %},
    store_rejects = true,
    rejects_table = {{ sql_string(rejects) }},
    rejects_scan = {{ sql_string(rejects ~ '_scan') }},
    rejects_limit = 20
    {%- endif -%}
{%- endmacro %}
