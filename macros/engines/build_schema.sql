{# The schema of this build on Spark. A build makes its tables and views in a schema of its own,
   because Spark replaces a table in two steps and a reader between them finds none. Readers use
   views (`marts.fct_purchases`) on the schema of the last successful build, see
   `publish_relations`.

   The name begins with the time, so that names sort in the order of the builds. #}
{% macro build_schema() -%}
    build_{{ run_started_at.strftime('%Y%m%d_%H%M%S') }}_{{ invocation_id[:8] }}
{%- endmacro %}
