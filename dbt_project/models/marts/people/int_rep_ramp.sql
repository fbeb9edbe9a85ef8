{#- When a rep first reached 80 % of bookings quota (else revenue) over three complete months. -#}
with attainment as (

    select * from {{ ref('quota_attainment') }}

),

reps as (

    select * from {{ ref('dim_rep') }}

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
        count(*) over (
            partition by months.user_id
            order by months.period_start nulls last rows between 2 preceding and current row
        ) as month_count
    from months
    inner join measured_reps
        on months.user_id = measured_reps.user_id and months.measure = measured_reps.measure
    where months.quota > 0

),

first_reached as (

    select
        user_id,
        min(period_start) as reached_month
    from rolling
    where month_count = 3 and credited * 10 >= quota * 8
    group by user_id

),

ramp as (

    -- Where there are no quotas there is no ramp: everybody counts.
    select
        reps.user_id,
        reps.hire_date,
        first_reached.reached_month,
        first_reached.user_id is not null or measured_reps.user_id is null as is_ramped
    from reps
    left join measured_reps on reps.user_id = measured_reps.user_id
    left join first_reached on reps.user_id = first_reached.user_id

)

select * from ramp
