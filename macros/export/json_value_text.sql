{# The JSON text of a column's value. #}
{% macro json_value_text(column) -%}
    {{ adapter.dispatch('json_value_text')(column) }}
{%- endmacro %}

{# Decimals of up to 18 digits are 64-bit numbers, which DuckDB writes in a third of the time of
   wider ones. Most amounts are whole or have cents and avoid the slow `rtrim`. #}
{% macro duckdb__json_value_text(column) -%}
    {%- set name, type = adapter.quote(column.name), column.dtype | upper -%}
    {%- if type.startswith('DECIMAL') and not type.endswith(',0)') -%}
        {%- set scale = type.split(',')[1] | replace(')', '') | trim -%}
        {%- set short = 'try_cast(' ~ name ~ ' as decimal(18, ' ~ scale ~ '))' %}
        case
            when {{ short }} % 1 = 0 then cast(cast({{ short }} as bigint) as varchar)
            when {{ short }} % 0.01 = 0 and {{ short }} % 0.1 != 0
                then cast(cast({{ short }} as decimal(18, 2)) as varchar)
            else rtrim(rtrim(
                coalesce(cast({{ short }} as varchar), cast({{ name }} as varchar)), '0'
            ), '.')
        end
    {%- elif type == 'TIMESTAMP' -%}
        case
            when {{ name }} = date_trunc('second', {{ name }})
                then strftime({{ name }}, '"%Y-%m-%dT%H:%M:%SZ"')
            else strftime({{ name }}, '"%Y-%m-%dT%H:%M:%S.%fZ"')
        end
    {%- else -%}
        cast(to_json({{ name }}) as varchar)
    {%- endif -%}
{%- endmacro %}

{# Spark writes a decimal below a millionth with an exponent, and 0 too if it has more than six
   places. #}
{% macro spark__json_value_text(column) -%}
    {%- set name, type = adapter.quote(column.name), column.dtype | upper -%}
    {%- if type.startswith('DECIMAL') and not type.endswith(',0)') -%}
        case
            when {{ name }} = 0 then '0'
            when abs({{ name }}) < 0.000001 then cast({{ name }} as string)
            else rtrim('.', rtrim('0', cast({{ name }} as string)))
        end
    {%- elif type == 'TIMESTAMP' -%}
        case
            when {{ name }} = date_trunc('second', {{ name }})
                then {{ spark_json_time(name, 'HH:mm:ss') }}
            else {{ spark_json_time(name, 'HH:mm:ss.SSSSSS') }}
        end
    {%- elif type in ['STRING', 'DATE'] -%}
        substr(to_json(array({{ name }})), 2, length(to_json(array({{ name }}))) - 2)
    {%- else -%}
        cast({{ name }} as string)
    {%- endif -%}
{%- endmacro %}
