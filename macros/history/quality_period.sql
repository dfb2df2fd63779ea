{# `recent` for D-1 and the days of its trailing average, `before` for earlier days, null for later
   days, which are incomplete. #}
{% macro quality_period(date_column, d1_column) -%}
    case
        when {{ date_column }} between {{ first_recent_date(d1_column) }} and {{ d1_column }}
            then 'recent'
        when {{ date_column }} < {{ first_recent_date(d1_column) }} then 'before'
    end
{%- endmacro %}
