{# Stops the build if CSV files have invalid lines. The error lists those of the first file with
   their reasons. `shown` maps each path to its name in messages. #}
{% macro assert_csv_lines(shown, rejects) -%}
    {%- set lines = run_query(
        'select distinct line, error_message, csv_line, file_path from ' ~ rejects
        ~ ' join ' ~ rejects ~ '_scan using (scan_id, file_id)'
        ~ ' qualify file_path = min(file_path) over () order by line'
    ).rows -%}
    {%- if lines | length > 0 -%}
        {%- set listing = [] -%}
        {%- for line in lines -%}
            {%- do listing.append(
                'line ' ~ line[0] ~ ': ' ~ line[1] ~ ': ' ~ line[2] | truncate(80)
            ) -%}
        {%- endfor -%}
        {{ exceptions.raise_compiler_error(
            shown[lines[0][3]]
            ~ ' has lines that are not valid CSV, so none of it is loaded. Correct them'
            ~ ' (a comma inside a value needs double quotes around the value) and run again:\n'
            ~ listing | join('\n')
        ) }}
    {%- endif -%}
{%- endmacro %}
