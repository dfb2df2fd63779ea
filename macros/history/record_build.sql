{# Records what this build reported and what each input row counted as, after its reports are
   published. Runs in `on-run-end`.

   Only a whole and good `dbt build` is recorded. Neither is one that changes nothing, so that the
   same inputs add no row; nor one that looks back, because it lacks the days after its
   `as_of_date`. The row in `builds` comes last: what a killed build wrote before has no effect. #}
{% macro record_build() -%}
    {%- if execute and writes_reports() and nothing_failed() and is_whole_build() -%}
        {%- set row = run_query(recording_query()).rows[0] -%}
        {%- if row['looks_back'] -%}
            {%- do log(
                'Not recorded in the history: as_of_date ' ~ var('as_of_date') ~ ' is before that'
                ~ ' of the last recorded build, ' ~ row['last_as_of_date'] ~ '.', info=true
            ) -%}
        {%- elif row['is_new'] -%}
            {{ adapter.dispatch('record_build')([
                'insert into history.report_changes select * from marts.fct_report_changes',
                'insert into history.input_row_changes'
                ~ ' select * from marts.fct_input_row_changes',
                'insert into history.builds ' ~ build_row(),
            ]) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__record_build(statements) -%}
    begin; {{ statements | join('; ') }}; commit
{%- endmacro %}

{# Parquet files know no transaction of several statements. #}
{% macro spark__record_build(statements) -%}
    begin {{ statements | join('; ') }}; end
{%- endmacro %}
