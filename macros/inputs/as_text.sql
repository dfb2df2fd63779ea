{# The value of a typed column as text. Engines print doubles differently (1e7, 1.0E7), so they go
   through a decimal, and there through their shortest text: a cast of 12345678912.91 itself, or of
   a 32-bit 4.99, finds digits that nobody wrote. What no decimal holds keeps its text, and is
   refused with it. #}
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
