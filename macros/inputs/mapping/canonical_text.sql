{# The text of a mapped column in the form that staging parses. What has another form than the
   mapping says keeps its text, so that staging sets the row aside. #}
{% macro canonical_text(column, mapping) -%}
    {%- set text = adapter.quote(column) -%}
    {%- if column.endswith('_utc') -%}
        {{ utc_text(text, mapping.get('timezone')) }}
    {%- elif column == 'date' -%}
        {#- the day of a timestamp at midnight, which typed files have -#}
        regexp_replace({{ text }}, '[T ]00:00(:00([.]0+)?)?(Z|[+]00(:?00)?)?$', '')
    {%- elif is_amount(column) -%}
        {{ number_text(text, mapping.get('decimal'), mapping.get('thousands')) }}
    {%- else -%}
        {{ text }}
    {%- endif -%}
{%- endmacro %}
