{# Whether a row of `int_purchases__classified` is a message of AppsFlyer that repeats an event.
   With a complete export, every message does. The measures of the inputs leave them out. #}
{% macro is_repeated_message() -%}
    purchase_id < 0 and disposition = 'duplicate'
{%- endmacro %}
