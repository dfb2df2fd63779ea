{# How improbable it is that a count is as low as it is, as the z of a normal distribution: below
   -2.5 is one day in 160. It is a Poisson count whose mean itself varies from day to day by var
   roas_daily_variation, so it varies like a Poisson count `spread` times smaller. The cube root is
   the approximation of Wilson and Hilferty, which holds for the smallest counts, too: none of 9 has
   the z -3.57, exactly -3.67. #}
{% macro low_count_z(actual, expected) -%}
    {%- set variation = var('roas_daily_variation') -%}
    {%- set spread = '(1 + ' ~ variation ~ ' * ' ~ variation ~ ' * ' ~ expected ~ ')' -%}
    {%- set seen = '(' ~ actual ~ ' / ' ~ spread ~ ' + 1)' -%}
    3 * sqrt{{ seen }} * (
        1 - 1 / (9 * {{ seen }}) - cbrt({{ expected }} / {{ spread }} / {{ seen }})
    )
{%- endmacro %}
