{# A SQL expression for the groups of a regular expression in the path of a row's file, joined by
   hyphens. A whole number is padded with zeros, so that the greater one is the greater text. #}
{% macro text_of_path(pattern) -%}
    {%- set groups = [] -%}
    {%- for number in range(1, modules.re.compile(pattern).groups + 1) -%}
        {%- set group -%}
            regexp_extract(source_file_path, {{ sql_string(pattern) }}, {{ number }})
        {%- endset -%}
        {%- do groups.append(
            'case when ' ~ matches_fully(group, '[0-9]{1,19}') ~ ' then lpad(' ~ group
            ~ ", 20, '0') else nullif(" ~ group ~ ", '') end"
        ) -%}
    {%- endfor -%}
    nullif(concat_ws('-', {{ groups | join(', ') }}), '')
{%- endmacro %}
