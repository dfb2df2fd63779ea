{# A type, or what all that it may be widened to have in common. #}
{% macro number_family(type) -%}
    {%- if type in ['int', 'bigint'] -%}
        {{ return('whole number') }}
    {%- endif -%}
    {{ return(modules.re.sub('^decimal.*', 'decimal', type | string)) }}
{%- endmacro %}
