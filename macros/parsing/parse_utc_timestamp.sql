{# A UTC timestamp from cleaned ISO 8601 text with `Z`, an offset, or neither (UTC); null if it does
   not parse. A date alone means midnight; fractions are exact to the microsecond.

   The offset is subtracted by hand, because a cast of `...+02:00` to `timestamp` drops the offset
   on DuckDB and converts it on Spark. The pattern is checked first because engines cast more than
   ISO 8601 allows (`24:00`, `2026-1-5`), and differ. A time outside of the years 1000 to 9999,
   which some readers cannot represent, gives null. #}
{% macro parse_utc_timestamp(text) -%}
    {%- set date = '[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}' -%}
    {%- set hour, minute = '([01][0-9]|2[0-3])', '[0-5][0-9]' -%}
    {%- set clock = hour ~ ':' ~ minute ~ '(:[0-5][0-9]([.,][0-9]{1,9})?)?' -%}
    {%- set offset = '[+-]' ~ hour ~ '(:?' ~ minute ~ ')?' -%}
    {#- the search starts behind the date, whose hyphens would pass for signs -#}
    {%- set zone = "regexp_extract(substr(" ~ text ~ ", 11), '([+-][0-9:]+)$', 1)" -%}
    {%- set local = "left(" ~ text ~ ", length(" ~ text ~ ") - length(" ~ zone ~ "))" -%}
    {%- set zone_digits = "replace(" ~ zone ~ ", ':', '')" -%}
    {%- set too_early = "timestamp '0999-12-31 23:59:59.999999'" -%}
    {%- set too_late = "timestamp '10000-01-01'" -%}
    case
        {#- nearly all are of this form, which engines cast as it is -#}
        {{- ' ' }}when {{ matches_fully(text, date ~ 'T' ~ hour ~ ':[0-5][0-9]:[0-5][0-9]Z') }}
            then try_cast({{ text }} as timestamp)
        when {{ matches_fully(text, date ~ '([T ]' ~ clock ~ 'Z?)?') }}
            then try_cast(replace(replace({{ text }}, 'Z', ''), ',', '.') as timestamp)
        when {{ matches_fully(text, date ~ '[T ]' ~ clock ~ offset) }}
            {#- what lies outside becomes the bound, and the bound null: computed once -#}
            then nullif(nullif(least({{ too_late }}, greatest({{ too_early }},
                try_cast(replace({{ local }}, ',', '.') as timestamp)
                - case when {{ zone }} like '-%' then -1 else 1 end
                * (
                    try_cast(substr({{ zone_digits }}, 2, 2) as int) * 60
                    + coalesce(try_cast(substr({{ zone_digits }}, 4, 2) as int), 0)
                )
                * interval '1' minute
            )), {{ too_late }}), {{ too_early }})
    end
{%- endmacro %}
