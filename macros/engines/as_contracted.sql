{# On Spark: the query with its columns cast to the types of the model's contract; unchanged without
   a contract. Engines widen integers and decimals differently; any other difference is an error.
   `describe query` gives the types from the plan. dbt's own check runs two queries and treats all
   decimals as equal. #}
{% macro as_contracted(query) -%}
    {%- if not config.get('contract').enforced -%}
        {{ return(query) }}
    {%- endif -%}
    {%- set found = {} -%}
    {%- for row in run_query('describe query ' ~ query).rows -%}
        {%- do found.update({row[0]: row[1]}) -%}
    {%- endfor -%}
    {%- set expected = {} -%}
    {%- for column in model.columns.values() -%}
        {%- set type = column.data_type | replace(' ', '') | replace('integer', 'int') -%}
        {%- do expected.update({column.name: type}) -%}
    {%- endfor -%}
    {%- set faults = [] -%}
    {%- for name in found.keys() | list + expected.keys() | list
        if number_family(found.get(name)) != number_family(expected.get(name)) -%}
        {%- do faults.append(
            name ~ ' is ' ~ found.get(name, 'missing') ~ ' and not '
            ~ expected.get(name, 'in the contract')
        ) -%}
    {%- endfor -%}
    {%- if faults -%}
        {{ exceptions.raise_compiler_error(
            model.name ~ ' breaks its contract: ' ~ faults | unique | join('; ')
            ~ '. Change the query, or the contract in its YAML file'
        ) }}
    {%- endif -%}
    {%- set casts -%}
        select
            {%- for name in found %}
            {%- if found[name] == expected[name] %}
            {{ adapter.quote(name) }}
            {%- else %}
            cast({{ adapter.quote(name) }} as {{ expected[name] }}) as {{ adapter.quote(name) }}
            {%- endif %}
            {{- ',' if not loop.last }}
            {%- endfor %}
        from (
            {{ query }}
        ) as uncast
    {%- endset -%}
    {{ return(casts) }}
{%- endmacro %}
