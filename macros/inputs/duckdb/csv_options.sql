{# The options with which `read_csv` reads a file with columns of these types. With `rejects`,
   invalid lines go to the table of that name; without, they are an error.

   Without `parallel = false`, DuckDB (1.5.6) reads a file in pieces of 8,000,000 bytes, also on one
   thread, and guesses where the first row of a piece begins: a line break inside a value may then
   split it into rows. With it, DuckDB silently drops a last row with unclosed quotes; `csv_fault`
   finds these earlier. #}
{% macro csv_options(types, delimiter, rejects=none) -%}
    auto_detect = false,
    header = true,
    delim = {{ sql_string(delimiter) }},
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
