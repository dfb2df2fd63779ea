{# The UTC timestamp of a local time. In the hour that a change to winter time repeats, the second
   one is meant; a time that a change to summer time skips counts as an hour later. #}
{% macro utc_of_local(local, zone) -%}
    {{ adapter.dispatch('utc_of_local')(local, zone) }}
{%- endmacro %}

{% macro duckdb__utc_of_local(local, zone) -%}
    timezone('UTC', timezone({{ sql_string(zone) }}, {{ local }}))
{%- endmacro %}

{# Spark means the first one. #}
{% macro spark__utc_of_local(local, zone) -%}
    {%- set first = 'to_utc_timestamp(' ~ local ~ ', ' ~ sql_string(zone) ~ ')' -%}
    {%- set second = first ~ " + interval '1' hour" -%}
    case
        when from_utc_timestamp({{ second }}, {{ sql_string(zone) }}) = {{ local }}
            then {{ second }}
        else {{ first }}
    end
{%- endmacro %}
