{# The cause of figures that rules have changed: `changed_rule` if the vars of the two builds
   differ, `changed_code` if only the models do, and null if neither does. #}
{% macro rules_cause(settings_before, settings_after, code_before, code_after) -%}
    case
        when {{ settings_before }} != {{ settings_after }} then 'changed_rule'
        when {{ code_before }} != {{ code_after }} then 'changed_code'
    end
{%- endmacro %}
