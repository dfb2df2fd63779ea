{# Stops the build before any model runs if a var is not valid or unknown. The error names each such
   var, its value and what it must be. #}
{% macro assert_settings() -%}
    {%- if execute -%}
        {%- set rules = setting_rules() -%}
        {%- do assert_var_names(rules.keys() | list) -%}
        {%- set faults = [] -%}
        {%- for name, rule in rules.items() if not rule[0] -%}
            {#- JSON has no dates, and YAML reads an unquoted one as such -#}
            {%- set value = var(name) -%}
            {%- set shown = value | string if value.isoformat is defined else value | tojson -%}
            {%- do faults.append(
                'Var ' ~ name ~ ' is ' ~ shown ~ '. It must be ' ~ rule[1] ~ '. Set it'
                ~ " in dbt_project.yml or with --vars '{" ~ name ~ ": ...}'"
            ) -%}
        {%- endfor -%}
        {%- if faults -%}
            {{ exceptions.raise_compiler_error(faults | join('\n')) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
