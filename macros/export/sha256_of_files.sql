{# The hash of the lines that `sha256sum` prints for all files of an input in the folder they are
   in. #}
{% macro sha256_of_files() -%}
    {{ adapter.dispatch('sha256_of_files')() }}
{%- endmacro %}

{% macro duckdb__sha256_of_files() -%}
    sha256(string_agg(concat(sha256, '  ', name, chr(10)), '' order by position))
{%- endmacro %}

{# Null if one of the files is too large to be hashed. #}
{% macro spark__sha256_of_files() -%}
    if(
        count(*) = count(sha256),
        sha2(array_join(transform(
            sort_array(collect_list(struct(
                position, concat(sha256, '  ', name, '\n') as line
            ))),
            file -> file.line
        ), ''), 256),
        null
    )
{%- endmacro %}
