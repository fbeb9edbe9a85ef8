{# Working hours since the calendar began: those of the whole working days before, and what of this
   day is over. The difference of two of them is the working time between. #}
{% macro working_hours(local_time, dates) -%}
{%- set opens = var('business_hours_start').split(':') -%}
{%- set closes = var('business_hours_end').split(':') -%}
{%- set open_minute = opens[0] | int * 60 + opens[-1] | int -%}
{%- set day_minutes = closes[0] | int * 60 + closes[-1] | int - open_minute -%}
(
            (
                {{ dates }}.business_days_to_date
                - case when {{ dates }}.is_business_day then 1 else 0 end
            ) * {{ day_minutes }} / 60.0
            + case
                when {{ dates }}.is_business_day
                    then
                        least(
                            greatest(
                                extract(hour from {{ local_time }}) * 60
                                + extract(minute from {{ local_time }})
                                + extract(second from {{ local_time }}) / 60.0
                                - {{ open_minute }}, 0
                            ), {{ day_minutes }}
                        ) / 60.0
                else 0
            end
        )
{%- endmacro %}
