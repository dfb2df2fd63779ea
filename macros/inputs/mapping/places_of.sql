{# The positions of a name in a header, from 1. A name that is spelled exactly so is meant; without
   one, case, spaces and underscores do not matter. #}
{% macro places_of(name, header) -%}
    {%- set exact, alike = [], [] -%}
    {%- for other in header -%}
        {%- if other == name -%}
            {%- do exact.append(loop.index) -%}
        {%- endif -%}
        {%- if plain_name(name) and plain_name(other) == plain_name(name) -%}
            {%- do alike.append(loop.index) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(exact or alike) }}
{%- endmacro %}
