{# Overrides dbt's macro, which writes the rows of unit tests without escaping backslashes. #}
{% macro spark__escape_single_quotes(expression) -%}
    {{ expression | replace("\\", "\\\\") | replace("'", "\\'") }}
{%- endmacro %}
