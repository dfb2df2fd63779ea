{# The condition is true on every row; a null counts as broken. #}
{% test every_row_holds(model, condition) %}

select *
from {{ model }}
where not coalesce({{ condition }}, false)

{% endtest %}
