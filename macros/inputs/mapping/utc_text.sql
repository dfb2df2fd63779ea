{# A time as ISO 8601 text with `Z`: from ISO text, or from seconds or milliseconds since 1970. A
   time without offset is in `zone`, an IANA name; without a zone, in UTC. #}
{% macro utc_text(text, zone) -%}
    {%- set time -%}
        case
            when {{ matches_fully(text, '[0-9]{9,10}([.][0-9]+)?') }}
                then {{ epoch_time(text, 1000) }}
            when {{ matches_fully(text, '[0-9]{12,13}([.]0+)?') }}
                then {{ epoch_time(text, 1) }}
            {%- if zone %}
            when not {{ matches_fully(text, '.{11,}(Z|[+-][0-9]{2}(:?[0-9]{2})?)') }}
                then {{ utc_of_local(parse_utc_timestamp(text), zone) }}
            {%- endif %}
            else {{ parse_utc_timestamp(text) }}
        end
    {%- endset -%}
    coalesce(replace(cast({{ time }} as string), ' ', 'T') || 'Z', {{ text }})
{%- endmacro %}
