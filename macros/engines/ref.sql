{# dbt's `ref`. On Spark a build reads what it has made itself from where it makes it (see
   `build_schema`), and all else, what an earlier build has left, as readers do. #}
{% macro ref() -%}
    {{ return(adapter.dispatch('built_relation')(varargs[-1], builtins.ref(*varargs, **kwargs))) }}
{%- endmacro %}
