{# A path as a glob that matches only this path. #}
{% macro as_glob(path) -%}
    {{ return(modules.re.sub('([*?[])', '[\\1]', path)) }}
{%- endmacro %}
