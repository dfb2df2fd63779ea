{# What is wrong with a form of `mapped_value`; blank if nothing is. #}
{% macro value_fault(spec) -%}
    {%- if spec is string -%}
        {{ return('') }}
    {%- elif spec is mapping -%}
        {%- set keys = spec.keys() | sort -%}
        {%- if keys not in [['column'], ['column', 'json'], ['value'], ['sql'], ['path']] -%}
            {{ return(
                'has the keys ' ~ keys | join(', ')
                ~ ', not column, or column and json, or value, or sql, or path'
            ) }}
        {%- endif -%}
        {%- for key in ['column', 'sql', 'path'] if key in spec and spec[key] is not string -%}
            {{ return('has a ' ~ key ~ ' that is no text') }}
        {%- endfor -%}
        {%- for member in ([spec.json] if spec.json is string else spec.json or [])
            if not modules.re.fullmatch('[A-Za-z0-9_.]+', member | string) -%}
            {{ return('has the JSON path ' ~ member ~ ', not names with points between them') }}
        {%- endfor -%}
        {%- set pattern = spec.get('path', '()') -%}
        {%- if regex_fault(pattern) or '(' not in pattern -%}
            {{ return('has a path that is no regular expression with a group in parentheses') }}
        {%- endif -%}
        {{ return('') }}
    {%- elif spec is sequence -%}
        {%- for one in spec -%}
            {%- set fault = value_fault(one) -%}
            {%- if fault -%}
                {{ return(fault) }}
            {%- endif -%}
        {%- endfor -%}
        {{ return('') }}
    {%- endif -%}
    {{ return('is ' ~ spec | tojson ~ '; for a fixed value, write {value: ...}') }}
{%- endmacro %}
