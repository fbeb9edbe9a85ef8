{# Every month from a member's first cohort to as-of. `members` has dimension, member and
   cohort_month; `dates` is the calendar. #}
{% macro dense_cohorts(members, dates) -%}
select
        first_cohorts.dimension,
        first_cohorts.member,
        {{ dates }}.month_start as cohort_month,
        max({{ dates }}.date_day) as cohort_end
    from (
        select
            {{ members }}.dimension,
            {{ members }}.member,
            min({{ members }}.cohort_month) as first_month
        from {{ members }}
        group by {{ members }}.dimension, {{ members }}.member
    ) as first_cohorts
    inner join {{ dates }}
        on
            first_cohorts.first_month <= {{ dates }}.month_start
            and {{ dates }}.month_start <= {{ as_of_date() }}
    group by first_cohorts.dimension, first_cohorts.member, {{ dates }}.month_start
{%- endmacro %}
