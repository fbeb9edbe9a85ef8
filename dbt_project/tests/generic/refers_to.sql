{# Every value of a column, where it has one, stands in a column of another model. #}
{% test refers_to(model, column, to, field) %}
select {{ column }}
from {{ model }}
where
    {{ column }} is not null
    and {{ column }} not in (select {{ field }} from {{ to }})
{% endtest %}
