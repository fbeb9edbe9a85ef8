with activities as (

    select * from {{ ref('fct_activity') }}

),

activity_types as (

    select * from {{ ref('activity_types') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

dated as (

    select
        owner_id as user_id,
        type as activity_type,
        cast(date_trunc('month', {{ local_date('happened_at') }}) as date) as period_start,
        duration_minutes
    from activities
    where owner_id is not null

),

first_months as (

    select
        user_id,
        activity_type,
        min(period_start) as first_month
    from dated
    group by user_id, activity_type

),

rep_months as (

    select
        first_months.user_id,
        first_months.activity_type,
        periods.period_start,
        periods.is_complete
    from first_months
    inner join periods
        on periods.period_type = 'month' and first_months.first_month <= periods.period_start

),

sums as (

    select
        user_id,
        activity_type,
        period_start,
        count(*) as activities,
        sum(duration_minutes) as minutes
    from dated
    group by user_id, activity_type, period_start

),

filled as (

    select
        rep_months.period_start,
        rep_months.user_id,
        rep_months.activity_type,
        rep_months.is_complete,
        coalesce(activity_types.is_high_value, false) as is_high_value,
        coalesce(sums.activities, 0) as activities,
        coalesce(sums.minutes, 0) as minutes
    from rep_months
    left join sums
        on
            rep_months.user_id = sums.user_id
            and rep_months.activity_type = sums.activity_type
            and rep_months.period_start = sums.period_start
    left join activity_types on rep_months.activity_type = activity_types.type

),

time_allocation as (

    select
        period_start,
        user_id,
        activity_type,
        is_complete,
        is_high_value,
        activities,
        cast(minutes as bigint) as minutes,
        {{ ratio('minutes', 'sum(minutes) over (partition by period_start, user_id)') }} as share,
        {{ ratio(
            'sum(case when is_high_value then minutes else 0 end)
                over (partition by period_start, user_id)',
            'sum(minutes) over (partition by period_start, user_id)'
        ) }} as high_value_share
    from filled

)

select * from time_allocation
