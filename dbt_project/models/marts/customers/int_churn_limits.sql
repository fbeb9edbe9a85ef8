{#- How long customers of a segment wait between orders, as known on the first day of each month and
    after the as-of day. Too few gaps of a segment's own, and the company's stand for them. -#}
{%- set least_gaps = 30 -%}
with order_days as (

    select * from {{ ref('int_order_days') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

gaps as (

    select
        segment,
        next_date,
        {{ days_between('order_date', 'next_date') }} as gap_days
    from order_days
    where next_date is not null

),

known_days as (

    select month_start as known_on
    from dates
    where
        month_start <= {{ as_of_date() }}
        and month_start > (select min(order_days.order_date) from order_days)
    group by month_start
    union all
    select cast({{ as_of_date() }} + interval 1 day as date) as known_on

),

segments as (

    select segment
    from order_days
    group by segment

),

company_limits as (

    select
        known_days.known_on,
        {{ percentile_of_days(0.8, 'gaps.gap_days') }} as at_risk_days,
        {{ percentile_of_days(0.95, 'gaps.gap_days') }} as churn_days
    from known_days
    inner join gaps on known_days.known_on > gaps.next_date
    group by known_days.known_on

),

segment_limits as (

    select
        known_days.known_on,
        gaps.segment,
        {{ percentile_of_days(0.8, 'gaps.gap_days') }} as at_risk_days,
        {{ percentile_of_days(0.95, 'gaps.gap_days') }} as churn_days
    from known_days
    inner join gaps on known_days.known_on > gaps.next_date
    group by known_days.known_on, gaps.segment
    having count(*) >= {{ least_gaps }}

),

limits as (

    select
        known_days.known_on,
        segments.segment,
        cast(
            coalesce(segment_limits.at_risk_days, company_limits.at_risk_days) as double
        ) as at_risk_days,
        cast(coalesce(segment_limits.churn_days, company_limits.churn_days) as double)
            as churn_days
    from known_days
    cross join segments
    left join company_limits on known_days.known_on = company_limits.known_on
    left join segment_limits
        on
            known_days.known_on = segment_limits.known_on
            and segments.segment = segment_limits.segment

)

select * from limits
