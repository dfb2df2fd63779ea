{# Checks the rows of a model in one scan. Each broken check is a row of the result: its name and
   the number of rows that break it.
   `key`: unique; one of several columns may be null, and nulls count as equal.
   `never_null`: columns without nulls.
   `unique`: columns whose values are unique, except for nulls.
   `one_of`: columns with their allowed values, in addition to null.
   `conditions`: true on every row; a null counts as broken. #}
{% test holds(model, key=[], never_null=[], unique=[], one_of={}, conditions=[]) %}

{%- set rules, checks = {}, {} -%}
{%- set key_column = key if key | length == 1 else [] -%}
{%- for column in key_column + never_null -%}
    {%- do rules.update({column ~ ' is never null': column ~ ' is not null'}) -%}
{%- endfor -%}
{%- for column, values in one_of.items() -%}
    {%- set name = column ~ ' is one of ' ~ values | join(', ') -%}
    {%- do rules.update({name: column ~ ' is null or ' ~ is_in(column, values)}) -%}
{%- endfor -%}
{%- for condition in conditions -%}
    {%- do rules.update({condition: condition}) -%}
{%- endfor -%}
{%- for name, rule in rules.items() -%}
    {%- do checks.update({name: 'count(*) filter (where not coalesce(' ~ rule ~ ', false))'}) -%}
{%- endfor -%}
{%- for column in key_column + unique -%}
    {%- do checks.update({
        column ~ ' is unique': 'count(' ~ column ~ ') - count(distinct ' ~ column ~ ')'
    }) -%}
{%- endfor -%}
{%- if key | length > 1 -%}
    {%- set columns = key | join(', ') -%}
    {%- do checks.update({
        columns ~ ' are unique together': 'count(*) - count(distinct (' ~ columns ~ '))'
    }) -%}
{%- endif %}

with

counted as (
    select
        {%- for name, broken_rows in checks.items() %}
        {{ broken_rows }} as {{ adapter.quote(name) }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ model }}
)

select *
from counted unpivot (row_count for broken_check in (
    {%- for name in checks %}
    {{ adapter.quote(name) }}{{ ',' if not loop.last }}
    {%- endfor %}
))
where row_count > 0

{% endtest %}
