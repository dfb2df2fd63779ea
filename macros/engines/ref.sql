{# Overrides dbt's `ref`. On Spark a build reads its own relations in its schema (see
   `build_schema`), and all others by their published names. #}
{% macro ref() -%}
    {{ return(adapter.dispatch('built_relation')(varargs[-1], builtins.ref(*varargs, **kwargs))) }}
{%- endmacro %}
