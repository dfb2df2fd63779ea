{# The text of a member of a JSON object: the value of a string, the JSON of any other type. Null if
   the column is not a JSON object or lacks the member; never an error. `key` is a plain name. #}
{% macro json_text(column, key) -%}
    {{ adapter.dispatch('json_text')(column, key) }}
{%- endmacro %}

{% macro duckdb__json_text(column, key) -%}
    json_extract_string(try_cast({{ column }} as json), '$.{{ key }}')
{%- endmacro %}

{# Spark's `get_json_object` accepts single quotes and bare control characters, and stops at the end
   of the object; `from_json` is strict inside of the object. Text after the object fails one of the
   two, because one wraps it in an array and the other in an object. DuckDB rejects JSON with half
   of a surrogate pair, Spark reads `?`, so a pattern finds these, except after an escaped
   backslash. Two differences remain: Spark writes an exponent for fractions below a thousandth or
   from 10,000,000, and it accepts JSON that the API never writes: a name twice with `null` first,
   or a comma after the last member. #}
{% macro spark__json_text(column, key) -%}
    {%- set high, low = '\\\\u[dD][89abAB][0-9a-fA-F]{2}', '\\\\u[dD][c-fC-F][0-9a-fA-F]{2}' -%}
    {%- set halves = high ~ '(?!' ~ low ~ ')|(?<!' ~ high ~ ')' ~ low -%}
    case
        when size(from_json(
                concat('[', {{ column }}, ']'),
                'array<map<string, string>>',
                map('allowSingleQuotes', 'false')
            )) = 1
            and not regexp_like(
                replace({{ column }}, {{ sql_string('\\\\') }}, ' '), {{ sql_string(halves) }}
            )
            then get_json_object(concat('{"value":', {{ column }}, '}'), '$.value.{{ key }}')
    end
{%- endmacro %}
