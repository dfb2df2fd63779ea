{# The column names in the first line of a CSV file, as Python's `csv` module splits it. #}
{% macro csv_names(line, delimiter) -%}
    {%- set mark = modules.re.escape(delimiter) -%}
    {%- set names = [] -%}
    {%- for quoted, plain in modules.re.findall(
        '(?:^|' ~ mark ~ ') *(?:"((?:[^"]|"")*)"?)?([^' ~ mark ~ ']*)', line
    ) if line -%}
        {%- do names.append((quoted.replace('""', '"') ~ plain).strip()) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}
