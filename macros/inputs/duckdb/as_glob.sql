{# A path as a glob that means just it. #}
{% macro as_glob(path) -%}
    {{ return(modules.re.sub('([*?[])', '[\\1]', path)) }}
{%- endmacro %}
