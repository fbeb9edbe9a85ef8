{# Time as the models know it: the as-of day is in, what comes later is unknown. #}

{% macro as_of_date() -%}
cast('{{ var("as_of_date") }}' as date)
{%- endmacro %}

{# The first instant after the as-of day in the company's zone. #}
{% macro as_of_end() -%}
{{ to_utc("cast('" ~ var("as_of_date") ~ "' as date) + interval 1 day") }}
{%- endmacro %}

{# The first instant of the as-of day in the company's zone. #}
{% macro as_of_start() -%}
{{ to_utc("cast('" ~ var("as_of_date") ~ "' as date)") }}
{%- endmacro %}

{# An instant, where the as-of day has seen it; else NULL. #}
{% macro known(instant) -%}
case when {{ instant }} < {{ as_of_end() }} then {{ instant }} end
{%- endmacro %}

{# A date, where the as-of day has seen it; else NULL. #}
{% macro known_date(day) -%}
case when {{ day }} <= {{ as_of_date() }} then {{ day }} end
{%- endmacro %}

{# The company's calendar day of an instant. #}
{% macro local_date(instant) -%}
cast({{ utc_to_local(instant) }} as date)
{%- endmacro %}

{# Whole days from one date to another. #}
{% macro days_between(earlier, later) -%}
extract(day from (cast({{ later }} as timestamp) - cast({{ earlier }} as timestamp)))
{%- endmacro %}

{# The instant that stands for "since always": before every business date. #}
{% macro since_always() -%}
cast('1970-01-01 00:00:00+00' as timestamptz)
{%- endmacro %}

{# Calendar months from the month of one date to that of another. #}
{% macro months_between(earlier, later) -%}
(
            cast(extract(year from {{ later }}) as integer)
            - cast(extract(year from {{ earlier }}) as integer)
        ) * 12
        + cast(extract(month from {{ later }}) as integer)
        - cast(extract(month from {{ earlier }}) as integer)
{%- endmacro %}

{# When a change of a rep's team took hold, as seen by an extraction: a night reports on the day
   before it, so what it sees held at that day's end. #}
{% macro team_change_seen(instant) -%}
{{ instant }} - interval 1 day
{%- endmacro %}
