{# Inputs that are not the files in `seeds/` but any number of CSV or Parquet files elsewhere, read
   in place. Which files belong to an input and what is said of those that do not fit is the same on
   every engine and stands here; `files_like`, which lists files, is the engine's.

   Where they are: var `landing`, or else LANDING of the environment; none where neither is set. #}
{% macro landing() -%}
    {{ return(var('landing') or env_var('LANDING', '') or none) }}
{%- endmacro %}
