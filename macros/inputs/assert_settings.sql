{# Stops the build before any model runs if a var is not valid or unknown. The error names the var,
   its value and what it must be. #}
{% macro assert_settings() -%}
    {%- if execute -%}
        {%- set rules = setting_rules() -%}
        {%- do assert_var_names(rules.keys() | list) -%}
        {%- for name, rule in rules.items() if not rule[0] -%}
            {#- JSON has no dates, and YAML reads an unquoted one as such -#}
            {%- set value = var(name) -%}
            {%- set shown = value | string if value.isoformat is defined else value | tojson -%}
            {{ exceptions.raise_compiler_error(
                'Var ' ~ name ~ ' is ' ~ shown ~ '. It must be ' ~ rule[1] ~ '. Set it'
                ~ " in dbt_project.yml or with --vars '{" ~ name ~ ": ...}'"
            ) }}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
