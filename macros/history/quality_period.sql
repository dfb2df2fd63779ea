{# `recent` for the days that the reports of D-1 rest on: D-1 and as many days as its average looks
   back; `before` for the days before these; null for later days, which are not over. #}
{% macro quality_period(date_column, d1_column) -%}
    case
        when {{ date_column }} between {{ first_recent_date(d1_column) }} and {{ d1_column }}
            then 'recent'
        when {{ date_column }} < {{ first_recent_date(d1_column) }} then 'before'
    end
{%- endmacro %}
