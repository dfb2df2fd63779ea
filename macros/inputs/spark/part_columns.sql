{# What the rows of a part have, as a SQL expression by name: the canonical columns or, with a
   mapping, the columns c1, c2, ... that it reads. #}
{% macro part_columns(node, part) -%}
    {%- set columns = {} -%}
    {%- if not part.mapping -%}
        {%- for column in input_columns(node) + optional_columns(node) -%}
            {%- do columns.update({
                column: as_text(adapter.quote(column), part.types[column]) if column in part.types
                else 'cast(null as string)'
            }) -%}
        {%- endfor -%}
        {{ return(columns) }}
    {%- endif -%}
    {%- for place in mapped_columns(node, part.mapping, part.header).places | unique -%}
        {%- set name = 'c' ~ place -%}
        {%- if part.format == 'csv' -%}
            {%- do columns.update({name: name}) -%}
        {%- else -%}
            {%- set type = part.types[part.header[place - 1]] -%}
            {%- set text = as_text(adapter.quote(part.header[place - 1]), type) -%}
            {#- an instant, which Spark shows in UTC -#}
            {%- do columns.update({name: text ~ (" || 'Z'" if type == 'timestamp' else '')}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}
