{# The part of a quota that falls on the days from overlap_start to overlap_end, and how much of it
   is due by as-of: by business days, as the metric rules want it. `overlaps` is a CTE with the keys,
   amount, overlap_start, overlap_end and quota_days. #}
{% macro quota_parts(overlaps, dates, keys) -%}
select
        {%- for key in keys %}
        {{ overlaps }}.{{ key }},
        {%- endfor %}
        {{ share_of_money(
            overlaps ~ '.amount',
            '(' ~ days_between(overlaps ~ '.overlap_start', overlaps ~ '.overlap_end') ~ ' + 1)',
            overlaps ~ '.quota_days'
        ) }} as quota,
        {{ days_between(overlaps ~ '.overlap_start', overlaps ~ '.overlap_end') }} + 1
        < {{ overlaps }}.quota_days as is_prorated,
        last_days.business_days_to_date - first_days.business_days_to_date
        + case when first_days.is_business_day then 1 else 0 end as business_days,
        coalesce(
            greatest(
                elapsed_days.business_days_to_date - first_days.business_days_to_date
                + case when first_days.is_business_day then 1 else 0 end, 0
            ), 0
        ) as elapsed_business_days,
        {{ overlaps }}.overlap_end <= {{ as_of_date() }} as is_over
    from {{ overlaps }}
    left join {{ dates }} as first_days on {{ overlaps }}.overlap_start = first_days.date_day
    left join {{ dates }} as last_days on {{ overlaps }}.overlap_end = last_days.date_day
    left join {{ dates }} as elapsed_days
        on least({{ overlaps }}.overlap_end, {{ as_of_date() }}) = elapsed_days.date_day
{%- endmacro %}

{# What is due by as-of of the parts that quota_parts makes, summed. #}
{% macro expected_to_date() -%}
sum(
            case
                when is_over then quota
                when business_days > 0
                    then {{ share_of_money('quota', 'elapsed_business_days', 'business_days') }}
                else 0
            end
        )
{%- endmacro %}
