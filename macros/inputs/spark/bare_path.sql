{# A path without scheme and host, which have several spellings. #}
{% macro bare_path(path) -%}
    {{ return(modules.re.sub('^[^:/]+:(//[^/]*)?', '', path)) }}
{%- endmacro %}
