with ramp as (

    select * from {{ ref('int_rep_ramp') }}

),

rep_ramp as (

    select
        user_id,
        hire_date,
        case
            when not is_hired_before
                then cast({{ months_between('hire_date', 'reached_month') }} as bigint)
        end as months_to_ramp,
        case when has_quota then is_ramped end as is_ramped,
        rolling_attainment,
        case
            when not has_quota then 'no quota of bookings or revenue'
            when reached_month is null then 'not yet at 80 % over three complete months'
            when hire_date is null then 'no hire date'
            when is_hired_before then 'hired more than 90 days before the first known quota'
        end as ramp_reason
    from ramp

)

select * from rep_ramp
