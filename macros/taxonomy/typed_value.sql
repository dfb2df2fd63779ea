{# The value of a member of meta (see `json_members`) as the type of its field in events.yml; null
   if it does not fit. `warehouse/taxonomy/value_types.py` judges as this does. #}
{% macro typed_value(type) -%}
    {%- if type == 'string' -%}
        case when field_kind = 'string' then field_text end
    {%- elif type == 'integer' -%}
        case when field_kind = 'integer' then try_cast(field_text as bigint) end
    {%- elif type == 'number' -%}
        case
            when
                field_kind in ('integer', 'number')
                and abs(try_cast(field_text as double)) <= 1.7976931348623157e308
                then try_cast(field_text as double)
        end
    {%- elif type == 'boolean' -%}
        case when field_kind = 'boolean' then field_text = 'true' end
    {%- else -%}
        case when field_kind = 'string' then {{ parse_utc_timestamp('field_text') }} end
    {%- endif -%}
{%- endmacro %}
