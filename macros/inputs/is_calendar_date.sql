{# True for a text that is an existing date in the form YYYY-MM-DD. #}
{% macro is_calendar_date(text) -%}
    {%- if modules.re.fullmatch('[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}', text) is none -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set parsed = run_query('select try_cast(' ~ sql_string(text) ~ ' as date) is not null') -%}
    {{ return(parsed.columns[0][0]) }}
{%- endmacro %}
