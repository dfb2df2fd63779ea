{# The place of inputs outside of `seeds/`, which may be any number of CSV or Parquet files, read in
   place: var `landing`, or else the environment variable LANDING; none if neither is set. #}
{% macro landing() -%}
    {{ return(var('landing') or env_var('LANDING', '') or none) }}
{%- endmacro %}
