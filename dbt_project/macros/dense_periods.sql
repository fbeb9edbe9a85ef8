{# Every type of period that a day lies in. #}
{% macro period_types() -%}
{{ return(['day', 'week', 'month', 'quarter', 'year', 'fiscal_quarter', 'fiscal_year']) }}
{%- endmacro %}

{# Every period from a member's first fact to as-of, and the one over all time, which begins on the
   mart's first day with data. `first_days` has dimension, member, first_day and mart_first_day;
   days are for the total, regions and channels only. #}
{% macro dense_periods(first_days, periods, shortest='day') -%}
{%- set longer = {'day': [], 'month': ['day', 'week']}[shortest] -%}
select
        {{ first_days }}.dimension,
        {{ first_days }}.member,
        {{ periods }}.period_type,
        {{ periods }}.period_start,
        {{ periods }}.is_complete
    from {{ first_days }}
    inner join {{ periods }} on {{ first_days }}.first_day <= {{ periods }}.period_end
    where
        (
            {{ periods }}.period_type <> 'day'
            or {{ first_days }}.dimension in ('total', 'region', 'channel')
        )
        {%- if longer %}
        and {{ periods }}.period_type not in ('{{ longer | join("', '") }}')
        {%- endif %}
    union all
    select
        {{ first_days }}.dimension,
        {{ first_days }}.member,
        'all' as period_type,
        {{ first_days }}.mart_first_day as period_start,
        true as is_complete
    from {{ first_days }}
{%- endmacro %}

{# Facts with dimension, member and date_day, once for each period that their day lies in. #}
{% macro facts_by_period(facts, period_days, columns) -%}
select
        {{ facts }}.dimension,
        {{ facts }}.member,
        {{ period_days }}.period_type,
        {{ period_days }}.period_start
        {%- for column in columns %},
        {{ facts }}.{{ column }}
        {%- endfor %}
    from {{ facts }}
    inner join {{ period_days }} on {{ facts }}.date_day = {{ period_days }}.date_day
    where
        {{ period_days }}.period_type <> 'day'
        or {{ facts }}.dimension in ('total', 'region', 'channel')
    union all
    select
        dimension,
        member,
        'all' as period_type,
        min(date_day) over () as period_start
        {%- for column in columns %},
        {{ column }}
        {%- endfor %}
    from {{ facts }}
{%- endmacro %}
