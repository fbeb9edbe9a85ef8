{#- When a rep first reached 80 % of bookings quota (else revenue) over three complete months. -#}
with attainment as (

    select * from {{ ref('quota_attainment') }}

),

reps as (

    select * from {{ ref('dim_rep') }}

),

rep_quotas as (

    select * from {{ ref('int_rep_quotas') }}

),

known_quotas as (

    select min(quota_start) as first_day
    from rep_quotas

),

months as (

    select
        user_id,
        period_start,
        measure,
        quota,
        credited
    from attainment
    where period_type = 'month' and is_complete and measure in ('bookings', 'revenue')

),

measured_reps as (

    select
        user_id,
        min(measure) as measure  -- bookings comes before revenue
    from months
    where quota > 0
    group by user_id

),

rolling as (

    -- Months have a row each, so three rows are three months that follow one another.
    select
        months.user_id,
        months.period_start,
        sum(months.quota) over (
            partition by months.user_id
            order by months.period_start nulls last rows between 2 preceding and current row
        ) as quota,
        sum(months.credited) over (
            partition by months.user_id
            order by months.period_start nulls last rows between 2 preceding and current row
        ) as credited,
        count_if(months.quota > 0) over (
            partition by months.user_id
            order by months.period_start nulls last rows between 2 preceding and current row
        ) as months_with_quota
    from months
    inner join measured_reps
        on months.user_id = measured_reps.user_id and months.measure = measured_reps.measure

),

summed as (

    select
        user_id,
        min(case when credited * 10 >= quota * 8 then period_start end) as reached_month,
        max_by({{ ratio('credited', 'quota') }}, period_start) as rolling_attainment
    from rolling
    where months_with_quota = 3
    group by user_id

),

ramp as (

    -- Where there are no quotas there is no ramp: everybody counts.
    select
        reps.user_id,
        reps.hire_date,
        summed.reached_month,
        measured_reps.user_id is not null as has_quota,
        summed.reached_month is not null or measured_reps.user_id is null as is_ramped,
        summed.rolling_attainment,
        coalesce(reps.hire_date + 90 < known_quotas.first_day, false) as is_hired_before
    from reps
    cross join known_quotas
    left join measured_reps on reps.user_id = measured_reps.user_id
    left join summed on reps.user_id = summed.user_id

)

select * from ramp
