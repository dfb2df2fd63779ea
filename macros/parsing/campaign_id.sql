{# The id that campaigns join on. A spreadsheet writes long ids as `1.00E+11`, which many campaigns
   then share, so this is no id. #}
{% macro campaign_id(column) -%}
    case
        when not {{ matches_fully(clean_text(column), '[0-9]([.,][0-9]+)?[Ee][+][0-9]+') }}
            then {{ clean_text(column) }}
    end
{%- endmacro %}
