{# Stops the build if nothing reads a var of the command line or of `dbt_project.yml`. dbt ignores
   such a var, so a misspelt setting would have no effect. `known` are the vars of this project. Any
   other var must be read by a `var()` in a model, a test or `dbt_project.yml`. #}
{% macro assert_var_names(known) -%}
    {%- set project_file = project_file() -%}
    {%- set in_file = (fromyaml(project_file) or {}).get('vars') or {} -%}
    {%- set given = invocation_args_dict.get('vars', {}).keys() | list -%}
    {%- for name, value in in_file.items() -%}
        {%- do given.extend(value.keys() if name == project_name else [name]) -%}
    {%- endfor -%}
    {%- set faults = [] -%}
    {%- for name in given if name not in known -%}
        {%- set reader = 'var[(] *[\'"]' ~ modules.re.escape(name) ~ '[\'"]' -%}
        {%- set code = graph.nodes.values() | map(attribute='raw_code') | join('\n') -%}
        {%- if not modules.re.search(reader, project_file ~ code) -%}
            {%- do faults.append(
                'Var ' ~ name ~ ' is unknown: nothing reads it. Did you mean '
                ~ nearest_text(name, known) ~ '? Correct or remove it, in dbt_project.yml or in'
                ~ ' --vars'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if faults -%}
        {{ exceptions.raise_compiler_error(faults | join('\n')) }}
    {%- endif -%}
{%- endmacro %}
