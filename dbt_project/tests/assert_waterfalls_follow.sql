{# A month starts with what the one before ended with, and with the open deals that are expected in
   it and were not expected by the end of the one before. #}
with waterfall as (

    select * from {{ ref('pipeline_waterfall') }}

),

states as (

    select * from {{ ref('int_deal_states') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

ends as (

    select
        cast(period_start + interval 1 month as date) as period_start,
        end_amount
    from waterfall
    where period_type = 'month' and dimension = 'total'

),

newly_expected as (

    select
        periods.period_start,
        sum(states.amount) as amount
    from periods
    inner join states
        on
            states.valid_from < {{ to_utc('periods.period_start') }}
            and (
                states.valid_to >= {{ to_utc('periods.period_start') }}
                or states.valid_to is null
            )
            and states.expected_close_date between periods.period_start and periods.period_end
    where periods.period_type = 'month' and states.status = 'open'
    group by periods.period_start

),

broken as (

    select
        waterfall.period_start,
        waterfall.start_amount,
        ends.end_amount
    from waterfall
    inner join ends on waterfall.period_start = ends.period_start
    left join newly_expected on waterfall.period_start = newly_expected.period_start
    where
        waterfall.period_type = 'month'
        and waterfall.dimension = 'total'
        and waterfall.start_amount <> ends.end_amount + coalesce(newly_expected.amount, 0)

)

select * from broken
