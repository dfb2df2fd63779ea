{# The text of a member of a JSON object: of a string what it says, of anything else its JSON. Null
   where the column is no JSON, no object, or has no such member; no content of the column is an
   error. `key` is a plain name. #}
{% macro json_text(column, key) -%}
    {{ adapter.dispatch('json_text')(column, key) }}
{%- endmacro %}

{% macro duckdb__json_text(column, key) -%}
    json_extract_string(try_cast({{ column }} as json), '$.{{ key }}')
{%- endmacro %}

{# Spark's `get_json_object` takes single quotes and bare control characters, and stops reading
   where the object ends; `from_json` is strict inside of it. What follows behind fails one of the
   two, as one reads it in an array and the other in an object. Half of a surrogate pair is no
   text: DuckDB refuses JSON that has one anywhere, Spark reads `?`. A backslash that stands for
   itself begins none. What is left are numbers below a thousandth or of 10,000,000 and more with a
   fraction or an exponent, which Spark writes with an exponent, and JSON that the API never
   writes: a name given twice, `null` first, and a comma behind the last member. #}
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
