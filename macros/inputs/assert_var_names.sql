{# Stops where a var is given, on the command line or in `dbt_project.yml`, that nothing reads. dbt
   takes no notice of it, so that a misspelt setting would do nothing. `known` are the settings of
   the project; a var of one's own is known by the `var()` in a model, a test or `dbt_project.yml`.
   #}
{% macro assert_var_names(known) -%}
    {%- set project_file = project_file() -%}
    {%- set in_file = (fromyaml(project_file) or {}).get('vars') or {} -%}
    {%- set given = invocation_args_dict.get('vars', {}).keys() | list -%}
    {%- for name, value in in_file.items() -%}
        {%- do given.extend(value.keys() if name == project_name else [name]) -%}
    {%- endfor -%}
    {%- for name in given if name not in known -%}
        {%- set reader = 'var[(] *[\'"]' ~ modules.re.escape(name) ~ '[\'"]' -%}
        {%- set code = graph.nodes.values() | map(attribute='raw_code') | join('\n') -%}
        {%- if not modules.re.search(reader, project_file ~ code) -%}
            {{ exceptions.raise_compiler_error(
                'Var ' ~ name ~ ' is unknown: nothing reads it. Did you mean '
                ~ nearest_text(name, known) ~ '? Correct or remove it, in dbt_project.yml or in'
                ~ ' --vars'
            ) }}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{# That of some texts which differs from another one in the fewest letters. #}
{% macro nearest_text(text, others) -%}
    {%- set distances = [] -%}
    {%- for other in others -%}
        {%- do distances.append(
            'select ' ~ sql_string(other) ~ ' as other, levenshtein(' ~ sql_string(other) ~ ', '
            ~ sql_string(text) ~ ') as distance'
        ) -%}
    {%- endfor -%}
    {%- set sorted = run_query(distances | join(' union all ') ~ ' order by distance, other') -%}
    {{ return(sorted.columns[0][0]) }}
{%- endmacro %}

{# The text of `dbt_project.yml`, which dbt does not tell. #}
{% macro project_file() -%}
    {{ return(adapter.dispatch('project_file')()) }}
{%- endmacro %}

{% macro duckdb__project_file() -%}
    {%- set path = inputs()[0].root_path ~ '/dbt_project.yml' -%}
    {%- set found = run_query('select content from read_text(' ~ files_to_read([path]) ~ ')') -%}
    {{ return(found.columns[0][0]) }}
{%- endmacro %}

{# Spark reads files of the cluster, so that only the command line is looked at. #}
{% macro spark__project_file() -%}
    {{ return('') }}
{%- endmacro %}
