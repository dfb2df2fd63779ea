{# The family of a type: the types to which it may be widened have the same one. #}
{% macro number_family(type) -%}
    {%- if type in ['int', 'bigint'] -%}
        {{ return('whole number') }}
    {%- endif -%}
    {{ return(modules.re.sub('^decimal.*', 'decimal', type | string)) }}
{%- endmacro %}
