{#- Targets of headline figures by period: those that people set, else the quotas of reps. -#}
with targets as (

    select * from {{ source('gate', 'accepted_crm__targets') }}

),

kpi_values as (

    select * from {{ ref('int_kpi_values') }}

),

attainment as (

    select * from {{ ref('quota_attainment') }}

),

reps as (

    select * from {{ ref('dim_rep') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

flows as (

    select distinct metric  -- it stands in every row of the figure
    from kpi_values
    where kind = 'flow'

),

sized_targets as (

    select
        targets.metric,
        targets.dimension,
        targets.member,
        targets.period_start as target_start,
        targets.period_end as target_end,
        targets.amount,
        flows.metric is not null as is_flow,
        {{ days_between('targets.period_start', 'targets.period_end') }} + 1 as target_days,
        case
            when {{ days_between('targets.period_start', 'targets.period_end') }} < 31 then 1
            when {{ days_between('targets.period_start', 'targets.period_end') }} < 93 then 2
            else 3
        end as target_size
    from targets
    left join flows on targets.metric = flows.metric

),

fitting_targets as (

    -- A target of exactly the period counts; else, for what adds up, shorter ones that fill it.
    select
        sized_targets.metric,
        sized_targets.dimension,
        sized_targets.member,
        periods.period_type,
        periods.period_start,
        sized_targets.target_size,
        max(
            case
                when
                    sized_targets.target_start = periods.period_start
                    and sized_targets.target_end = periods.period_end
                    then sized_targets.amount
            end
        ) as own_amount,
        case
            when
                bool_and(sized_targets.is_flow)
                and sum(sized_targets.target_days)
                = max({{ days_between('periods.period_start', 'periods.period_end') }} + 1)
                then sum(sized_targets.amount)
        end as summed_amount
    from sized_targets
    inner join periods
        on
            sized_targets.target_start >= periods.period_start
            and sized_targets.target_end <= periods.period_end
    where periods.period_type not in ('day', 'week')
    group by
        sized_targets.metric,
        sized_targets.dimension,
        sized_targets.member,
        periods.period_type,
        periods.period_start,
        sized_targets.target_size

),

own_targets as (

    select
        metric,
        dimension,
        member,
        period_type,
        period_start,
        cast(
            coalesce(
                max(own_amount),
                max_by(
                    summed_amount, case when summed_amount is not null then target_size end
                )
            ) as double
        ) as target
    from fitting_targets
    group by metric, dimension, member, period_type, period_start

),

quota_targets as (

    select
        case attainment.measure when 'revenue' then 'net_sales' else 'bookings' end as metric,
        members.dimension,
        members.member,
        attainment.period_type,
        attainment.period_start,
        cast(sum(attainment.quota) as double) as target
    from attainment
    left join reps on attainment.user_id = reps.user_id
    cross join lateral (
        values ('total', 'all'), ('team', reps.team_id)
    ) as members (dimension, member)
    where
        attainment.measure in ('revenue', 'bookings')
        and attainment.quota > 0
        and attainment.period_type not in ('quota', 'all')
        and members.member is not null
    group by
        attainment.measure,
        members.dimension,
        members.member,
        attainment.period_type,
        attainment.period_start

),

chosen as (

    select
        coalesce(own_targets.metric, quota_targets.metric) as metric,
        coalesce(own_targets.dimension, quota_targets.dimension) as dimension,
        coalesce(own_targets.member, quota_targets.member) as member,
        coalesce(own_targets.period_type, quota_targets.period_type) as period_type,
        coalesce(own_targets.period_start, quota_targets.period_start) as period_start,
        coalesce(own_targets.target, quota_targets.target) as target
    from own_targets
    full join quota_targets
        on
            own_targets.metric = quota_targets.metric
            and own_targets.dimension = quota_targets.dimension
            and own_targets.member = quota_targets.member
            and own_targets.period_type = quota_targets.period_type
            and own_targets.period_start = quota_targets.period_start

)

select * from chosen
where target is not null
