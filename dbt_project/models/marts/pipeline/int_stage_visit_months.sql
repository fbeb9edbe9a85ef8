{#- A visit in the month in which it ended, with its length, and in every month at whose end it
    stood open, with its age then. A running month ends at as-of. -#}
with visits as (

    select * from {{ ref('fct_stage_visit') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

months as (

    select
        periods.period_start,
        least(periods.period_end, {{ as_of_date() }}) as last_day,
        {{ to_utc('periods.period_start') }} as starts_at,
        {{ to_utc('least(periods.period_end, ' ~ as_of_date() ~ ') + interval 1 day') }}
            as ends_at,
        dates.business_days_to_date
    from periods
    inner join dates
        on least(periods.period_end, {{ as_of_date() }}) = dates.date_day
    where periods.period_type = 'month'

),

ended as (

    select
        months.period_start,
        visits.opportunity_id,
        visits.pipeline_id,
        visits.stage_id,
        visits.visit_number,
        false as is_open,
        visits.days,
        visits.business_days
    from visits
    inner join months
        on visits.exited_at >= months.starts_at and visits.exited_at < months.ends_at

),

waiting as (

    select
        months.period_start,
        visits.opportunity_id,
        visits.pipeline_id,
        visits.stage_id,
        visits.visit_number,
        true as is_open,
        cast({{ seconds_between('visits.entered_at', 'months.ends_at') }} / 86400 as double)
            as days,
        cast(months.business_days_to_date - first_days.business_days_to_date as double)
            as business_days
    from visits
    inner join months
        on
            visits.visit_order < months.ends_at
            and (visits.exited_at >= months.ends_at or visits.exited_at is null)
    left join dates as first_days
        on {{ local_date('visits.entered_at') }} = first_days.date_day

),

visit_months as (

    select * from ended
    union all
    select * from waiting

)

select * from visit_months
