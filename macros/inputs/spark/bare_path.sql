{# A path without the scheme and the host, which Spark and users write in several ways. #}
{% macro bare_path(path) -%}
    {{ return(modules.re.sub('^[^:/]+:(//[^/]*)?', '', path)) }}
{%- endmacro %}
