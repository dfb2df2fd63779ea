{# A UTC timestamp from ISO 8601 text with `Z`, an offset, or none (= UTC); null where the text is
   none. Takes cleaned text. A date alone is its midnight; a fraction is kept to the microsecond.

   The offset is subtracted by hand, because a cast of `...+02:00` to `timestamp` drops the offset
   on DuckDB and converts it on Spark. The pattern comes first because engines cast far more than
   ISO 8601 allows (`24:00`, `2026-1-5`), each in its own way. An offset that leads out of the
   years 1000 to 9999, which not every reader's times can hold, makes null, too. #}
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
