{# Stops the build before any model runs if a var is not valid or unknown. The error names the var,
   its value and what it must be. #}
{% macro assert_settings() -%}
    {%- if execute -%}
        {%- set rules = setting_rules() -%}
        {%- do assert_var_names(rules.keys() | list) -%}
        {%- for name, rule in rules.items() if not rule[0] -%}
            {{ exceptions.raise_compiler_error(
                'Var ' ~ name ~ ' is ' ~ var(name) | tojson ~ '. It must be ' ~ rule[1] ~ '. Set it'
                ~ " in dbt_project.yml or with --vars '{" ~ name ~ ": ...}'"
            ) }}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
