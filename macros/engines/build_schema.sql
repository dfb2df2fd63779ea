{# On Spark a build makes its tables and views in a schema of its own, which readers do not look at:
   replacing a table there is two steps, and whoever reads between them finds none. What readers see
   (`marts.fct_purchases`) are views on the schema of a build that ended well, see
   `publish_relations`.

   The schema of this build. The time comes first, so that names sort as the builds went. #}
{% macro build_schema() -%}
    build_{{ run_started_at.strftime('%Y%m%d_%H%M%S') }}_{{ invocation_id[:8] }}
{%- endmacro %}
