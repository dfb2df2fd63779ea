{# The column names in the first line of a CSV file, as Python's `csv` module splits it. #}
{% macro csv_names(line) -%}
    {%- set names = [] -%}
    {%- for quoted, plain in modules.re.findall(
        '(?:^|,) *(?:"((?:[^"]|"")*)"?)?([^,]*)', line
    ) if line -%}
        {%- do names.append((quoted.replace('""', '"') ~ plain).strip()) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}
