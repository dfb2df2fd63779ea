{# The regular expression of a glob, in which `**` matches any number of folders. #}
{% macro glob_as_regex(pattern) -%}
    {%- set regex = [] -%}
    {%- for token in modules.re.findall('/[*][*]/|[*]+|[?]|\\[[^]]+\\]|[^*?[/]+|.', pattern) -%}
        {%- if token == '/**/' -%}
            {%- do regex.append('/(?:.*/)?') -%}
        {%- elif token == '*' -%}
            {%- do regex.append('[^/]*') -%}
        {%- elif token.startswith('*') -%}
            {%- do regex.append('.*') -%}
        {%- elif token == '?' -%}
            {%- do regex.append('[^/]') -%}
        {%- elif token.startswith('[') and token | length > 2 -%}
            {%- do regex.append(token.replace('[!', '[^')) -%}
        {%- else -%}
            {%- do regex.append(modules.re.escape(token)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return('(?s:' ~ regex | join ~ ')') }}
{%- endmacro %}
