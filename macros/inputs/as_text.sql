{# The value of a typed column as text. Engines print doubles differently (1e7, 1.0E7), so a double
   becomes a decimal by way of its shortest text: a direct cast of 12345678912.91, or of a 32-bit
   4.99, adds digits. A value that no decimal can hold keeps its text, and staging rejects it. #}
{% macro as_text(column, type) -%}
    {%- if api.Column(column, type).is_float() -%}
        coalesce(
            {{ decimal_text('try_cast(cast(' ~ column ~ ' as string) as decimal(38, 10))', 10) }},
            cast({{ column }} as string)
        )
    {%- elif 'decimal' in type | lower -%}
        {{ decimal_text(column, modules.re.search('([0-9]*)[)]?$', type).group(1) | int) }}
    {%- else -%}
        cast({{ column }} as string)
    {%- endif -%}
{%- endmacro %}
